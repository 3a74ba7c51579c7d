#pragma once

#include "actors/applied_waits.hpp"
#include "actors/deadline_timer.hpp"
#include "actors/replica_receiver.hpp"
#include "replication/apply_rule.hpp"
#include "replication/fork_search.hpp"
#include "replication/resume_rule.hpp"

#include <caf/result.hpp>
#include <caf/typed_response_promise.hpp>

#include <optional>
#include <string>
#include <vector>

namespace sluice::actors {

/// What a node that follows another takes from it besides the log: `Facts` is `welcome` or
/// `cluster_facts`.
template <class Facts>
void note_cluster(const Facts& told, persistence::node_state& state) {
  if (!told.timelines.empty())
    state.history = told.timelines;
  if (!told.policy.empty())
    state.policy = told.policy;
  if (told.members_version > state.members_version) {
    state.members = told.members;
    state.members_version = told.members_version;
  }
}

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
  caf::result<messages::applied_position> await(const messages::await_applied& request);
  messages::join_position join_position();
  messages::candidacy candidacy() const;
  messages::grant_reply grant(const messages::grant_request& asked);
  messages::office_taken take_office(const messages::take_office& won);
  void note_nodes(const messages::nodes_seen& seen);
  caf::result<messages::log_restarted> restart(const messages::rebootstrap& told);
  caf::result<messages::log_restarted> rewind(const messages::rewind& told);
  messages::log_restarted begin_install(const messages::begin_install& wanted);
  caf::result<messages::log_restarted> end_install(const messages::install_ended& x);
  messages::log_positions positions() const;
  messages::log_closed close();

private:
  /// Kinds of timers; see deadline_timer.
  static constexpr std::uint64_t idle_timer = 0;
  static constexpr std::uint64_t retry_timer = 1;
  static constexpr std::uint64_t wait_timer = 2;
  static constexpr std::uint64_t reopen_timer = 3;

  caf::error adopt(const messages::welcome& accepted);
  replication::history_end history_end() const;
  caf::error note_history();
  caf::error keep(persistence::node_state state);
  caf::error ensure_spool();
  replication::replica_content content() const;
  caf::error refuse_log_change() const;
  caf::error give_up_log(const messages::rebootstrap& told);
  caf::error give_up_tail(const messages::rewind& told);
  void close_given_up();
  caf::result<messages::log_restarted> begin_log_change();
  void go_on_with_restart();
  bool is_log_to_be_changed() const;
  bool is_installing() const;
  bool goes_on_behind(lsn at, digest history) const;
  messages::log_restarted plan_log_behind(const messages::begin_install& wanted);
  messages::log_restarted keep_log(bool is_installed);
  caf::error finish_log_change();
  caf::error finish_restart();
  caf::error finish_rewind();
  void drop_discarded();
  void forget_discarded();
  bool is_current(const messages::stream_header& header);
  replication::log_tail tail() const;
  bool gather(const frame_batch& batch);
  void write_gathered();
  void tell_heard();
  void ack();
  void advance_applied();
  void prune_own_log(lsn primary_oldest);
  void set_applied(lsn through);
  void break_stream(errc code, const std::string& reason);
  void latch(const std::string& failure);
  void try_reopen();
  caf::error publish_recovered(lsn told);
  void hand_out_chores();
  void arm(std::uint64_t timer, std::chrono::nanoseconds delay);
  lsn flushed() const;
  bookmark applied() const;

  self_pointer self_ = nullptr;
  std::optional<receiver_setup> setup_;
  std::optional<messages::attach_stream> stream_;
  messages::stream_watcher_actor link_;
  messages::replica_applier_actor applier_;
  std::vector<frame_batch> gathered_;
  std::optional<replication::monotonic_ns> told_heard_;
  lsn commit_;
  lsn applied_;
  /// What the applier was told that it may apply: it may be doing so.
  lsn applying_through_;
  std::uint64_t apply_errors_ = 0;
  std::uint64_t divergences_ = 0;
  replication::fork_search fork_search_;
  std::string failure_;
  /// Why the stream stands still although the log works; empty when it does not.
  std::string trouble_;
  /// Of what the preparer was given, not answered yet.
  std::size_t chores_out_ = 0;
  std::optional<caf::typed_response_promise<messages::log_restarted>> restart_promise_;
  bool dropping_discarded_ = false;
  bool flush_scheduled_ = false;
  bool idle_armed_ = false;
  bool written_since_timer_ = false;
  bool closed_ = false;
  /// It has been promoted, and is about to be opened again.
  bool closed_for_office_ = false;
  /// A state is being replaced whose log stays, by the one at this LSN.
  std::optional<lsn> installing_in_place_;
  applied_waits applied_waits_;
  deadline_timer wait_timer_{wait_timer};
};

} // namespace sluice::actors
