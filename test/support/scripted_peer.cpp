#include "test/support/scripted_peer.hpp"

#include "persistence/spool_reader.hpp"
#include "test/support/primary_under_test.hpp"

#include <caf/event_based_actor.hpp>

namespace sluice::test {

namespace {

caf::behavior peer(caf::event_based_actor* self, std::shared_ptr<peer_record> heard) {
  self->set_down_handler([heard](const caf::down_msg&) { heard->has_lost_session = true; });
  return {
      [self, heard](const messages::welcome& x) {
        heard->welcomes.push_back(x);
        heard->session = caf::actor_cast<caf::strong_actor_ptr>(self->current_sender());
        heard->has_lost_session = false;
        self->monitor(heard->session);
      },
      [heard](const messages::rejected& x) { heard->refusals.push_back(x); },
      [heard](const messages::rebootstrap& x) { heard->rebootstraps.push_back(x); },
      [heard](const messages::rewind& x) { heard->rewinds.push_back(x); },
      [heard](const messages::snapshot_needed& x) { heard->snapshots_needed.push_back(x); },
      [heard](const messages::snapshot_building& x) { heard->buildings.push_back(x); },
      [self, heard](const messages::snapshot_offer& x) {
        heard->offers.push_back(x);
        heard->origin = caf::actor_cast<caf::strong_actor_ptr>(self->current_sender());
      },
      [heard](const messages::snapshot_chunk& x) { heard->chunks.push_back(x); },
      [heard](const messages::snapshot_refused& x) { heard->snapshot_refusals.push_back(x); },
      [heard](const messages::stream_batches& x) { heard->streamed.push_back(x); },
      [heard](const messages::heartbeat& x) { heard->heartbeats.push_back(x); },
      [self, heard](const messages::client_welcome& x) {
        heard->client_welcomes.push_back(x);
        heard->session = caf::actor_cast<caf::strong_actor_ptr>(self->current_sender());
        self->monitor(heard->session);
      },
      [heard](const messages::committed_many& x) {
        heard->outcomes.insert(heard->outcomes.end(), x.items.begin(), x.items.end());
      },
  };
}

} // namespace

lsn peer_record::streamed_through() const {
  if (streamed.empty())
    return no_lsn;
  auto batches = persistence::parse_frames(streamed.back().blocks.back());
  return batches ? batches->back().last : no_lsn;
}

std::uint64_t peer_record::streamed_bytes() const {
  std::uint64_t total = 0;
  for (const auto& message : streamed)
    for (const auto& block : message.blocks)
      total += block.size();
  return total;
}

scripted_peer::scripted_peer(local_node& node)
    : node_(&node), actor_(node.keep(node.system().spawn(peer, heard_))) {
  node.run();
}

void scripted_peer::join(const messages::primary_gate_actor& gate, messages::hello from) {
  said_ = from.identity;
  tell(gate, std::move(from));
}

messages::replica_ack scripted_peer::ack_of(lsn flushed) const {
  messages::replica_ack what;
  what.identity = said_;
  what.term = term{1};
  what.timeline = timeline_id{1};
  what.received = flushed;
  what.flushed = flushed;
  what.applied = flushed;
  return what;
}

void scripted_peer::ack(lsn flushed) {
  ack(ack_of(flushed));
}

void scripted_peer::ack(messages::replica_ack what) {
  ASSERT_NE(heard_->session, nullptr);
  tell(caf::actor_cast<messages::ack_sink_actor>(heard_->session), std::move(what));
}

void scripted_peer::die() {
  node_->kill(actor_);
}

messages::hello hello_of(const std::string& node, const std::string& region) {
  messages::hello x;
  x.cluster = cluster_name;
  x.identity = {node, storage_id{std::hash<std::string>{}(node) | 1}, incarnation{1},
                connect_sequence{1}};
  x.term = term{1};
  x.timeline = timeline_id{1};
  x.region = region;
  return x;
}

} // namespace sluice::test
