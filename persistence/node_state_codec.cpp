#include "persistence/node_state_codec.hpp"

#include "persistence/sealed_message.hpp"

#include <sluice/errc.hpp>

#include "node_state.pb.h"

namespace sluice::persistence {

namespace {

constexpr sealed_format format{node_state_magic, node_state_version, "node state"};

using stored_entries = google::protobuf::RepeatedPtrField<stored::TimelineEntry>;

void write_entries(const std::vector<timeline_entry>& from, stored_entries& to) {
  for (const auto& entry : from) {
    auto* added = to.Add();
    added->set_id(entry.id.value);
    added->set_parent(entry.parent.value);
    added->set_fork_lsn(entry.fork_lsn.value);
    added->set_fork_digest(entry.fork_digest.value);
    added->set_term(entry.term.value);
    added->set_node(entry.node);
  }
}

std::vector<timeline_entry> read_entries(const stored_entries& from) {
  std::vector<timeline_entry> to;
  for (const auto& entry : from)
    to.push_back({timeline_id{entry.id()}, timeline_id{entry.parent()}, lsn{entry.fork_lsn()},
                  digest{entry.fork_digest()}, term{entry.term()}, entry.node()});
  return to;
}

stored::NodeState to_stored(const node_state& from) {
  stored::NodeState to;
  to.set_node(from.node);
  to.set_region(from.region);
  to.set_cluster(from.cluster);
  to.set_role(static_cast<std::uint32_t>(from.role));
  to.set_storage(from.storage.value);
  to.set_incarnation(from.incarnation.value);
  to.set_term(from.term.value);
  to.set_timeline(from.timeline.value);
  to.set_granted_term(from.granted_term.value);
  to.set_granted_to(from.granted_to);
  write_entries(from.history, *to.mutable_history());
  for (const auto& member : from.members)
    to.add_members(member);
  to.set_members_version(from.members_version);
  to.set_log_start_lsn(from.log_start.value);
  if (from.restart) {
    to.set_restart_first_lsn(from.restart->first.value);
    to.set_restart_digest(from.restart->before.value);
    to.set_restart_is_of_state(from.restart->is_of_state);
    to.set_restart_last_term(from.restart->last_term.value);
    to.set_restart_replaced_lsn(from.restart->replaced.value);
    to.set_restart_discarded_before_lsn(from.restart->discarded_before.value);
    to.set_restart_is_installed(from.restart->is_installed);
    to.set_restart_timeline(from.restart->timeline.value);
    write_entries(from.restart->history, *to.mutable_restart_history());
    to.set_restart_producers(from.restart->producers);
  }
  to.set_discarded_through_lsn(from.discarded_through.value);
  to.set_policy(from.policy);
  for (const auto& node : from.nodes) {
    auto* added = to.add_nodes();
    added->set_id(node.id);
    added->set_endpoint(node.endpoint);
  }
  to.set_is_deposed(from.is_deposed);
  to.set_wants_snapshot(from.wants_snapshot);
  to.set_history_term(from.history_term.value);
  if (from.rewind) {
    auto* rewind = to.mutable_rewind();
    rewind->set_through_lsn(from.rewind->through.value);
    rewind->set_digest(from.rewind->at.value);
    rewind->set_last_lsn(from.rewind->last.value);
    rewind->set_generation(from.rewind->generation);
    rewind->set_kept_as(from.rewind->kept_as);
  }
  return to;
}

node_state from_stored(const stored::NodeState& from) {
  node_state to;
  to.node = from.node();
  to.region = from.region();
  to.cluster = from.cluster();
  to.role = static_cast<node_role>(from.role());
  to.storage = storage_id{from.storage()};
  to.incarnation = sluice::incarnation{from.incarnation()};
  to.term = sluice::term{from.term()};
  to.timeline = timeline_id{from.timeline()};
  to.granted_term = sluice::term{from.granted_term()};
  to.granted_to = from.granted_to();
  to.history = read_entries(from.history());
  to.members.assign(from.members().begin(), from.members().end());
  to.members_version = from.members_version();
  to.log_start = lsn{from.log_start_lsn()};
  if (from.restart_first_lsn() != 0)
    to.restart =
        log_restart{lsn{from.restart_first_lsn()},        digest{from.restart_digest()},
                    from.restart_is_of_state(),           term{from.restart_last_term()},
                    lsn{from.restart_replaced_lsn()},     lsn{from.restart_discarded_before_lsn()},
                    from.restart_is_installed(),          timeline_id{from.restart_timeline()},
                    read_entries(from.restart_history()), from.restart_producers()};
  to.discarded_through = lsn{from.discarded_through_lsn()};
  to.policy = from.policy();
  for (const auto& node : from.nodes())
    to.nodes.push_back({node.id(), node.endpoint()});
  to.is_deposed = from.is_deposed();
  to.wants_snapshot = from.wants_snapshot();
  to.history_term = sluice::term{from.history_term()};
  if (from.has_rewind())
    to.rewind = log_rewind{lsn{from.rewind().through_lsn()}, digest{from.rewind().digest()},
                           lsn{from.rewind().last_lsn()}, from.rewind().generation(),
                           from.rewind().kept_as()};
  return to;
}

} // namespace

std::string encode(const node_state_copy& copy) {
  return seal(format, copy.generation, to_stored(copy.state));
}

caf::expected<node_state_copy> decode_node_state(std::string_view bytes) {
  stored::NodeState state;
  auto generation = unseal(format, bytes, state);
  if (!generation)
    return generation.error();
  if (state.role() != static_cast<std::uint32_t>(node_role::primary)
      && state.role() != static_cast<std::uint32_t>(node_role::replica))
    return make_error(errc::corruption, "node state has an unknown role");
  return node_state_copy{*generation, from_stored(state)};
}

} // namespace sluice::persistence
