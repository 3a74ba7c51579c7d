#pragma once

#include "actors/replica_receiver.hpp"
#include "replication/apply_rule.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sluice::actors {

/// The state behind the `replica_receiver`; nobody else's.
class replica_receiver_state {
public:
  static constexpr const char* name = "sluice.replica_receiver";
  using self_pointer = messages::replica_receiver_actor::stateful_pointer<replica_receiver_state>;

  void init(self_pointer self, receiver_setup setup);

  void attach(const messages::attach_stream& x);
  void attach_applier(const messages::attach_applier& x);
  void take(const messages::stream_batches& x);
  void take(const messages::heartbeat& x);
  void flush();
  void fire_timer(const messages::timer_fired& fired);
  void finish_chore(const messages::chore_finished& done);
  void note_applied(const messages::records_applied& x);
  messages::join_position join_position();
  messages::log_positions positions() const;
  messages::log_closed close();

private:
  caf::error adopt(const messages::welcome& accepted);
  caf::error ensure_spool();
  bool is_current(const messages::stream_header& header);
  replication::log_tail tail() const;
  bool gather(const frame_batch& batch);
  void write_gathered();
  void tell_heard();
  void ack();
  void advance_applied();
  void prune_own_log(lsn primary_oldest);
  void break_stream(errc code, const std::string& reason);
  void latch(const std::string& failure);
  void hand_out_chores();
  void arm(std::uint64_t timer, std::chrono::nanoseconds delay);
  lsn flushed() const;

  self_pointer self_ = nullptr;
  std::optional<receiver_setup> setup_;
  std::optional<messages::attach_stream> stream_;
  messages::stream_watcher_actor link_;
  messages::replica_applier_actor applier_;
  std::vector<frame_batch> gathered_;
  std::optional<replication::monotonic_ns> told_heard_;
  lsn commit_;
  lsn applied_;
  std::uint64_t apply_errors_ = 0;
  std::uint64_t divergences_ = 0;
  std::string failure_;
  bool flush_scheduled_ = false;
  bool idle_armed_ = false;
  bool written_since_timer_ = false;
  bool closed_ = false;
};

} // namespace sluice::actors
