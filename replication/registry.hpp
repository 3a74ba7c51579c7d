#pragma once

#include "replication/ack_rule.hpp"
#include "replication/flow_control.hpp"
#include "replication/hello_rule.hpp"
#include "replication/replica.hpp"
#include "replication/voter_set.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::replication {

/// Slots are the bound: a replica that joins gets one.
inline constexpr std::size_t replicas_max_default = 1000;

/// What a replica reports of itself beside its positions.
struct replica_troubles {
  std::uint64_t apply_errors = 0;
  std::uint64_t divergences = 0;
};

/// How far the replicas are, taken together.
struct replication_progress {
  /// Between the furthest sent and the least applied.
  std::uint64_t lag_records = 0;
  /// Durable on every replica.
  lsn safe_replay;
  friend bool operator==(const replication_progress&, const replication_progress&) = default;
};

/// The replicas that have joined, by name. Owned by the slot registry. Promises:
/// registering again keeps progress while the directory is the same; positions come only
/// from accepted acks; an id that is not here never counts.
class registry {
public:
  explicit registry(std::size_t replicas_max = replicas_max_default);

  /// The verdict on a hello, changing nothing; fills in `replicas` and `replicas_max`.
  hello_verdict judge(const hello_facts& hello, primary_facts primary) const;

  /// Takes an accepted hello: the session is live from now on. After lost data the
  /// replica starts over at 0 and votes once it is through `commit_watermark` again.
  /// @pre `judge` accepted `hello`
  const registered_replica& join(const hello_facts& hello, const hello_accepted& verdict,
                                 lsn commit_watermark, monotonic_ns now);

  /// A replica was told to begin its log anew, or to get a snapshot: what it acked is of a log
  /// that it gives up. It votes, and is `rebootstrapping` no longer, once it is through
  /// `commit_watermark`.
  /// @pre `judge` accepted `hello`
  /// @returns false when it was told so already and has acked nothing since
  bool begin_anew(const hello_facts& hello, const hello_accepted& verdict, lsn commit_watermark,
                  monotonic_ns now);

  /// Judges an ack, takes it over when it is accepted, counts it when not.
  ack_verdict record_ack(const ack_facts& ack, const ack_context& current,
                         const replica_troubles& troubles, monotonic_ns now);

  /// Something was sent through the live session. Never goes back, except by `resume_at`.
  void note_sent(std::string_view id, lsn through);

  /// A session begins to stream after `after`.
  void resume_at(std::string_view id, lsn after);

  /// The session ended; false when another one is live by now or the id is unknown.
  bool disconnect(std::string_view id, const session_id& session);

  /// Follows the slot; false for an unknown id.
  bool set_slot_valid(std::string_view id, bool valid);

  /// Follows what its session does; false for an unknown id.
  bool set_rebootstrapping(std::string_view id, bool rebootstrapping);

  /// Forgets the replica; false when it was not here.
  bool detach(std::string_view id);

  const registered_replica* find(std::string_view id) const;
  std::size_t size() const { return replicas_.size(); }
  std::vector<registered_replica> replicas() const;
  std::vector<voter> voters() const;
  std::vector<follower> followers() const;
  std::optional<replication_progress> progress() const;

private:
  const registered_replica* find_storage(const storage_id& storage, std::string_view except) const;

  std::size_t replicas_max_;
  std::map<std::string, registered_replica, std::less<>> replicas_;
};

/// What counts of a replica: below `votes_from` it does not vote.
voter voter_of(const registered_replica& replica);

} // namespace sluice::replication
