#pragma once

#include "messages/interfaces.hpp"
#include "test/support/local_node.hpp"

#include <caf/actor.hpp>

#include <memory>
#include <vector>

namespace sluice::test {

/// Everything that a node said to a peer.
struct peer_record {
  std::vector<messages::welcome> welcomes;
  std::vector<messages::rejected> refusals;
  std::vector<messages::rebootstrap> rebootstraps;
  std::vector<messages::rewind> rewinds;
  std::vector<messages::stream_batches> streamed;
  std::vector<messages::heartbeat> heartbeats;
  std::vector<messages::client_welcome> client_welcomes;
  std::vector<messages::ticketed_outcome> outcomes;
  std::vector<messages::snapshot_needed> snapshots_needed;
  std::vector<messages::snapshot_building> buildings;
  std::vector<messages::snapshot_offer> offers;
  std::vector<messages::snapshot_chunk> chunks;
  std::vector<messages::snapshot_refused> snapshot_refusals;
  /// Who sent the last offer.
  caf::strong_actor_ptr origin;
  /// Who sent the last welcome.
  caf::strong_actor_ptr session;
  bool has_lost_session = false;

  /// The last LSN that was streamed.
  lsn streamed_through() const;
  std::uint64_t streamed_bytes() const;
};

/// A node at the other end that says what the test tells it to, right or wrong: its own
/// link, receiver and client in one actor.
class scripted_peer {
public:
  explicit scripted_peer(local_node& node);

  template <class Handle, class Message>
  void tell(const Handle& who, Message message) {
    caf::send_as(actor_, who, std::move(message));
    node_->run();
  }

  /// Says hello and runs to rest.
  void join(const messages::primary_gate_actor& gate, messages::hello from);
  /// Acks everything through `flushed` under term 1 as whom it said hello, and runs.
  void ack(lsn flushed);
  /// Any ack.
  void ack(messages::replica_ack what);
  /// The ack that `ack(flushed)` sends.
  messages::replica_ack ack_of(lsn flushed) const;
  /// It is gone.
  void die();

  const peer_record& heard() const { return *heard_; }
  peer_record& heard() { return *heard_; }

private:
  local_node* node_;
  std::shared_ptr<peer_record> heard_ = std::make_shared<peer_record>();
  caf::actor actor_;
  messages::node_identity said_;
};

/// The hello of an empty replica that has met its primary.
messages::hello hello_of(const std::string& node, const std::string& region = {});

} // namespace sluice::test
