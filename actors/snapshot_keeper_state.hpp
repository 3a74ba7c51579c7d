#pragma once

#include "actors/snapshot_keeper.hpp"
#include "replication/outage_log.hpp"
#include "replication/snapshot_demand.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace sluice::actors {

/// The state of a `snapshot_keeper`; private to its two .cpp files, of who is served and of
/// how a snapshot is made.
class snapshot_keeper_state {
public:
  static constexpr const char* name = "sluice.snapshot_keeper";
  using self_pointer = messages::snapshot_keeper_actor::stateful_pointer<snapshot_keeper_state>;

  ~snapshot_keeper_state();

  void init(self_pointer self, snapshot_keeper_setup setup);

  void serve(const messages::serve_snapshot& x);
  void note(const messages::note_served& x);
  void end(const messages::serving_ended& x);
  void fire_timer(const messages::timer_fired& fired);
  messages::snapshots_served report() const;

private:
  /// Waits for a snapshot that is good enough.
  struct waiting_replica {
    caf::strong_actor_ptr who;
    std::uint64_t attempt = 0;
    lsn at_least;
    /// Where this node stood when it asked.
    snapshot_origin here;
    /// Since when the state is known to be behind that.
    std::optional<replication::monotonic_ns> late_since;
  };

  struct served_replica {
    messages::snapshot_sender_actor sender;
    caf::strong_actor_ptr who;
    std::uint64_t attempt = 0;
    snapshot_progress progress;
  };

  using waiting_replicas = std::map<std::string, waiting_replica>;

  // -- who is served, snapshot_keeper.cpp

  using identified = std::function<void(const snapshot_origin&)>;
  void prove_standing(std::function<void()> then);
  void identify(identified then, std::function<void(const caf::error&)> otherwise);
  void judge(const caf::strong_actor_ptr& who, const messages::snapshot_request& from,
             const snapshot_origin& here);
  std::optional<messages::snapshot_refused> refusal_of(const messages::snapshot_request& from,
                                                       const snapshot_origin& here) const;
  void refuse(const caf::strong_actor_ptr& who, const messages::snapshot_refused& why);
  void refuse_all_waiting(errc code, const std::string& reason);
  waiting_replicas::iterator stop_waiting(waiting_replicas::iterator replica);
  void forget(const caf::actor_addr& gone);
  void forget_sender(const std::string& node);
  /// Serves who can be served, has a snapshot made when one is needed, gives up what is not.
  void settle();
  void start_sender(const std::string& node, const waiting_replica& replica);
  /// Its sender is gone, whatever it has said.
  void leave(const std::string& node);
  void tell_waiting();
  void arm_tick();
  /// What stands ready cannot be read: everyone who is sent it is told, and asks for another.
  void give_up_damaged(const std::string& reason);

  // -- the one snapshot, snapshot_making.cpp

  /// Looks for what an earlier life has left.
  void find();
  void prove_found(const messages::built_snapshot_ptr& found);
  void give_up();
  void note_failure(const std::string& reason);
  void note_success();

  /// Each step begins the next one, and the last one settles.
  void make();
  void pin_and_freeze(lsn applied);
  void freeze();
  void take_frozen(const messages::outgoing_begun& begun);
  void prove_frozen();
  void copy(messages::digest_known history);
  std::optional<std::uint64_t> seconds_to_copy() const;
  void finish(const messages::digest_known& history);
  void take_built(const messages::built_snapshot_ptr& built);
  void fail(const std::string& what, const caf::error& why);
  /// The state is not far enough, or in the middle of a batch: it is tried again.
  void try_later(const std::string& reason);
  lsn least_wanted() const;
  /// Keeps what follows `after`, and no longer what was kept before.
  void pin(lsn after, std::function<void()> then);
  void unpin();

  self_pointer self_ = nullptr;
  std::optional<snapshot_keeper_setup> setup_;
  waiting_replicas waiting_;
  std::map<std::string, served_replica> served_;
  /// Requests whose node is asked where it stands.
  std::size_t judging_ = 0;
  bool is_tick_armed_ = false;

  /// Stands ready; null for none.
  messages::built_snapshot_ptr snapshot_;
  replication::snapshot_demand demand_;
  std::optional<std::uint64_t> pin_;
  /// What an earlier life left is looked at, or one is made, or it is waited before the next try.
  bool is_busy_ = false;
  /// Of what is made.
  snapshot_progress made_{"building", {}, 0, 0, {}};
  replication::monotonic_ns copying_since_;
  replication::outage_log failures_;
  std::string failure_;
};

} // namespace sluice::actors
