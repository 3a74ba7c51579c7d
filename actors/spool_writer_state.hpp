#pragma once

#include "actors/append_admission.hpp"
#include "actors/append_flow.hpp"
#include "actors/deadline_timer.hpp"
#include "actors/latency_window.hpp"
#include "actors/spool_writer.hpp"
#include "actors/stored_append.hpp"

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::actors {

/// An append that waits to be written.
struct gathered_append {
  messages::append_ptr item;
  replication::monotonic_ns since;
  replication::monotonic_ns deadline;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  bool is_of_inbox = false;
};

/// What waits for the writer's leave to write is looked at so often for its deadline.
inline constexpr std::chrono::milliseconds held_looked_at_every{20};

/// The state behind the `spool_writer`; nobody else's.
class spool_writer_state {
public:
  static constexpr const char* name = "sluice.spool_writer";
  using self_pointer = messages::spool_writer_actor::stateful_pointer<spool_writer_state>;

  void init(self_pointer self, writer_setup setup);

  ~spool_writer_state();

  void gather(std::span<const messages::append_ptr> items);
  void take_inbox();
  void write_gathered();
  void fire_timer(const messages::timer_fired& fired);
  void allow_appends();
  messages::grant_reply grant(const messages::grant_request& asked);
  void step_down(const messages::step_down& x);
  void note_nodes(const messages::nodes_seen& seen);
  messages::appends_paused pause(const messages::pause_appends& order);
  void resume();
  void see_voters(const messages::voters_seen& seen);
  messages::control_reply set_policy(const commit_policy& policy);
  messages::log_positions add_listener(const messages::subscribe_batches& subscription);
  void finish_chore(const messages::chore_finished& done);
  messages::log_positions positions();
  void watch_room(const messages::watch_room& watch);
  messages::log_measured measure() const;
  caf::result<messages::log_pruned> prune(const messages::prune_log& request);
  messages::log_closed close();

private:
  /// A batch in the making: the entries and who waits for each.
  struct draft {
    std::vector<persistence::append_entry> entries;
    std::vector<gathered_append> items;
    /// The highest sequence of each producer in it.
    std::map<std::string_view, producer_sequence> producers;
    timestamp_ms timestamp;
    replication::monotonic_ns now;
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
  };

  /// What the directory is to say once this primary is none any more.
  struct deposal {
    persistence::node_state state;
    std::string primary_endpoint;
    std::string reason;
  };

  enum class step { taken, answered, batch_full };

  replication::history_end history_end() const;
  caf::error end_office(persistence::node_state state, const std::string& primary_endpoint,
                        const std::string& reason);
  caf::error store_deposal(deposal what);
  void store_deposal_again();
  lsn draft_next(const draft& batch) const;
  void gather(messages::append_ptr item, replication::monotonic_ns now, bool is_of_inbox);
  step take(draft& batch, gathered_append& candidate);
  std::optional<step> settle_known_producer(const draft& batch, gathered_append& candidate);
  std::optional<step> settle_expected_lsn(const draft& batch, gathered_append& candidate);
  caf::expected<std::optional<stored_append>> find_stored(lsn first,
                                                          std::span<const payload> records);
  void join_if_same(gathered_append& candidate, const persistence::sequence_known& known);
  void join(gathered_append& candidate, lsn_range records, sluice::term term, timeline_id timeline,
            replication::monotonic_ns now);
  void write(draft batch);
  void fail_draft(draft& batch, const caf::error& why);
  void answer_draft(draft& batch, const frame_batch& written);
  void publish(const frame_batch& written);
  void refuse(gathered_append& candidate, append_failed why);
  void hand_out_chores();
  void schedule_flush();
  void arm(std::chrono::nanoseconds delay);
  void expire_held(errc code, const std::string& why);
  bool hold_back();
  void release_held();
  bool may_write() const { return setup_->confirmed && !paused_until_; }
  void end_pause_when_due();
  void watch_held();
  void latch(const std::string& failure);
  void tell_room_taken();
  errc refusal_code() const;
  void reopen_when_there_is_room();
  void arm_reopening();
  void give_up_reopening(const caf::error& why);
  void try_reopen();
  caf::error publish_recovered(lsn told);

  self_pointer self_ = nullptr;
  std::optional<writer_setup> setup_;
  admission_facts facts_;
  std::optional<append_flow> flow_;
  /// Armed while flow control holds back what was gathered.
  deadline_timer flow_timer_{1};
  /// Armed while the log is to be opened again.
  deadline_timer reopen_timer_{2};
  /// Armed while appends are paused.
  deadline_timer pause_timer_{3};
  /// Armed while a deposal is to be stored again.
  deadline_timer deposal_timer_{4};
  std::optional<replication::monotonic_ns> paused_until_;
  /// The log failed for want of room, and is opened again once there is some.
  bool is_reopening_ = false;
  /// Of what the preparer was given, not answered yet.
  std::size_t chores_out_ = 0;
  bool is_held_back_ = false;
  /// The next batch was.
  bool was_held_back_ = false;
  std::deque<gathered_append> gathered_;
  /// What came out of the inbox last; empty but for its memory.
  std::vector<messages::append_ptr> taken_;
  /// Answered, for the inbox to use again.
  std::vector<messages::append_ptr> spent_;
  std::uint64_t gathered_bytes_ = 0;
  /// Opened for the first retry.
  std::unique_ptr<persistence::spool_reader> reader_;
  bool flush_scheduled_ = false;
  bool timer_armed_ = false;
  bool written_since_timer_ = false;
  bool closed_ = false;
  commit_status decided_;
  latency_window latencies_;
  std::string failure_;
  /// Why appends are refused although the log works; empty when they are not.
  std::string trouble_;
  std::uint64_t appended_bytes_ = 0;
  std::vector<messages::batch_listener_actor> listeners_;
  messages::room_watcher_actor room_watcher_;
  /// When the watcher was last told.
  std::size_t last_seen_closed_segments_ = 0;
  std::vector<messages::awaited_commit> awaited_;
  /// There is a higher term: this log is a primary's no more.
  bool is_deposed_ = false;
  /// The directory does not say so yet: it could not be told.
  std::optional<deposal> unstored_;
};

} // namespace sluice::actors
