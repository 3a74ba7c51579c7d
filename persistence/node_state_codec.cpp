#include "persistence/node_state_codec.hpp"

#include "persistence/checksum.hpp"
#include "persistence/little_endian.hpp"

#include <sluice/errc.hpp>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "node_state.pb.h"

namespace sluice::persistence {

namespace {

constexpr std::size_t crc_bytes = 4;

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
  for (const auto& entry : from.history) {
    auto* added = to.add_history();
    added->set_id(entry.id.value);
    added->set_parent(entry.parent.value);
    added->set_fork_lsn(entry.fork_lsn.value);
    added->set_fork_digest(entry.fork_digest.value);
    added->set_term(entry.term.value);
    added->set_node(entry.node);
  }
  for (const auto& member : from.members)
    to.add_members(member);
  to.set_members_version(from.members_version);
  to.set_log_start_lsn(from.log_start.value);
  if (from.restart) {
    to.set_restart_first_lsn(from.restart->first.value);
    to.set_restart_digest(from.restart->before.value);
  }
  to.set_discarded_through_lsn(from.discarded_through.value);
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
  for (const auto& entry : from.history())
    to.history.push_back({timeline_id{entry.id()}, timeline_id{entry.parent()},
                          lsn{entry.fork_lsn()}, digest{entry.fork_digest()},
                          sluice::term{entry.term()}, entry.node()});
  to.members.assign(from.members().begin(), from.members().end());
  to.members_version = from.members_version();
  to.log_start = lsn{from.log_start_lsn()};
  if (from.restart_first_lsn() != 0)
    to.restart = log_restart{lsn{from.restart_first_lsn()}, digest{from.restart_digest()}};
  to.discarded_through = lsn{from.discarded_through_lsn()};
  return to;
}

/// The same state must give the same bytes: the two copies are compared by generation,
/// and golden files pin them.
std::string serialize(const stored::NodeState& state) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream sink{&bytes};
    google::protobuf::io::CodedOutputStream coded{&sink};
    coded.SetSerializationDeterministic(true);
    state.SerializeToCodedStream(&coded);
  }
  return bytes;
}

} // namespace

std::string encode(const node_state_copy& copy) {
  auto body = serialize(to_stored(copy.state));
  std::string bytes(node_state_header_bytes, '\0');
  put_little_endian(bytes.data(), node_state_magic);
  put_little_endian(bytes.data() + 4, node_state_version);
  put_little_endian(bytes.data() + 8, copy.generation);
  put_little_endian(bytes.data() + 16, static_cast<std::uint32_t>(body.size()));
  bytes += body;
  char crc[crc_bytes];
  put_little_endian(crc, crc32c(bytes));
  bytes.append(crc, sizeof(crc));
  return bytes;
}

caf::expected<node_state_copy> decode_node_state(std::string_view bytes) {
  auto fault = [](const char* reason) { return make_error(errc::corruption, reason); };
  if (bytes.size() < node_state_header_bytes + crc_bytes)
    return fault("node state cut off");
  const auto* from = bytes.data();
  if (get_little_endian<std::uint32_t>(from) != node_state_magic)
    return fault("bad node state magic");
  auto covered = bytes.substr(0, bytes.size() - crc_bytes);
  if (get_little_endian<std::uint32_t>(from + covered.size()) != crc32c(covered))
    return fault("bad node state checksum");
  if (get_little_endian<std::uint16_t>(from + 4) != node_state_version)
    return make_error(errc::unknown_version, "node state of a newer version");
  if (get_little_endian<std::uint16_t>(from + 6) != 0
      || get_little_endian<std::uint32_t>(from + 20) != 0)
    return fault("reserved bytes of a node state are not zero");
  auto body = covered.substr(node_state_header_bytes);
  if (get_little_endian<std::uint32_t>(from + 16) != body.size())
    return fault("node state lengths disagree");
  stored::NodeState state;
  if (!state.ParseFromArray(body.data(), static_cast<int>(body.size())))
    return fault("malformed node state");
  if (state.role() != static_cast<std::uint32_t>(node_role::primary)
      && state.role() != static_cast<std::uint32_t>(node_role::replica))
    return fault("node state has an unknown role");
  return node_state_copy{get_little_endian<std::uint64_t>(from + 8), from_stored(state)};
}

} // namespace sluice::persistence
