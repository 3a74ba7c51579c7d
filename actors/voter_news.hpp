#pragma once

#include "actors/deadline_timer.hpp"
#include "messages/interfaces.hpp"
#include "replication/registry.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace sluice::actors {

struct voter_news_setup {
  messages::commit_coordinator_actor coordinator;
  messages::spool_writer_actor writer;
  /// Positions are told to the writer at most so often; 0: not at all.
  std::chrono::milliseconds progress_every{10};
};

/// Tells of the `slot_registry`'s voters: the coordinator each change and each vote, the
/// writer each change and now and then the positions, so that an ack doesn't cost it a
/// message. Never blocks.
class voter_news {
public:
  using self_pointer = messages::slot_registry_actor::pointer;

  void init(self_pointer self, voter_news_setup setup);

  /// A replica has joined, or counts no longer.
  void announce(const replication::registry& from, const std::string& id);
  void remove(const replication::registry& from, const std::string& id);
  /// A replica that stays registered is gone.
  void tell_writer(const replication::registry& from);

  /// An ack was taken. @param before what the replica's vote was
  void note_ack(const replication::registry& from, const std::string& id,
                const std::optional<replication::voter>& before);

  /// False when the timer is another's.
  bool fire_timer(const messages::timer_fired& fired, const replication::registry& from);

private:
  self_pointer self_ = nullptr;
  voter_news_setup setup_;
  replication::monotonic_ns told_at_;
  deadline_timer progress_timer_{1};
};

std::optional<replication::voter> vote_of(const replication::registry& from, const std::string& id);

} // namespace sluice::actors
