#include "actors/replica_receiver_state.hpp"

#include "actors/join_history.hpp"
#include "persistence/spool_reader.hpp"
#include "replication/rival_rule.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace sluice::actors {

namespace {

constexpr std::chrono::milliseconds heard_every{100};

} // namespace

void replica_receiver_state::init(self_pointer self, receiver_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  applied_ = setup_->applied;
  hand_out_chores();
  drop_discarded();
}

lsn replica_receiver_state::flushed() const {
  return setup_->spool ? setup_->spool->durable_lsn() : no_lsn;
}

/// Ends the stream of an earlier session, so that the position still holds when the
/// primary has judged it.
messages::join_position replica_receiver_state::join_position() {
  stream_.reset();
  gathered_.clear();
  if (is_log_to_be_changed())
    if (auto err = restart_promise_ ? make_error(errc::overloaded, "the log is being given up")
                                    : finish_log_change()) {
      messages::join_position not_yet;
      not_yet.failure =
          setup_->state.rewind
              ? "cannot put aside and cut off what is not the primary's: " + describe(err)
              : "cannot begin the log anew: " + describe(err);
      return not_yet;
    }
  const auto& state = setup_->state;
  messages::join_position position;
  if (is_installing()) {
    position.failure = "a snapshot is being installed";
    return position;
  }
  position.cluster = state.cluster;
  position.identity = {state.node, state.storage, state.incarnation, {}};
  position.term = std::max(state.term, state.granted_term);
  position.timeline = state.timeline;
  position.flushed = flushed();
  position.is_log_only = content() == replication::replica_content::log_only;
  position.can_install = setup_->can_install;
  position.wants_snapshot = setup_->can_install && (setup_->wants_snapshot || state.wants_snapshot);
  position.failure = failure_;
  position.last_term = history_end().last_term;
  if (setup_->spool && position.flushed != no_lsn) {
    const auto& spool = *setup_->spool;
    position.history =
        join_history(setup_->context, spool.oldest_lsn(), {position.flushed, spool.tail_digest()},
                     state.history, fork_search_.range());
  }
  return position;
}

void replica_receiver_state::attach(const messages::attach_stream& x) {
  link_ = caf::actor_cast<messages::stream_watcher_actor>(self_->current_sender());
  gathered_.clear();
  stream_.reset();
  if (is_installing()) {
    break_stream(errc::overloaded, "a snapshot is being installed");
    return;
  }
  if (auto err = adopt(x.accepted)) {
    break_stream(code_of(err), describe(err));
    return;
  }
  if (x.accepted.resume_after != flushed()) {
    break_stream(errc::diverged,
                 "the primary wants to stream after LSN " + to_string(x.accepted.resume_after)
                     + ", this replica holds everything through " + to_string(flushed()));
    return;
  }
  stream_ = x;
  fork_search_.end();
  told_heard_.reset();
  setup_->context.log->info("attached to primary primary={} term={} resume_after={}",
                            x.accepted.primary, x.accepted.term.value, flushed().value);
  ack();
}

/// Persist first: an ack under a term says that no older one will be followed.
caf::error replica_receiver_state::adopt(const messages::welcome& accepted) {
  auto state = setup_->state;
  if (!state.cluster.empty() && state.cluster != accepted.cluster)
    return make_error(errc::wrong_cluster, "this replica belongs to cluster " + state.cluster
                                               + ", the primary to " + accepted.cluster);
  auto newest = std::max(state.term, state.granted_term);
  if (accepted.term < newest)
    return make_error(errc::fenced, "the primary's term " + to_string(accepted.term)
                                        + " is older than " + to_string(newest)
                                        + ", which this replica has followed or granted");
  if (closed_for_office_)
    return make_error(errc::fenced, "this node is becoming the primary");
  auto has_members = !state.members.empty() || !accepted.members.empty();
  auto rival = replication::rival_of(
      accepted.primary, accepted.term,
      {state.granted_term, state.granted_to, state.term, state.history, has_members});
  if (!rival.empty())
    return make_error(errc::fenced, "two nodes were promoted in term " + to_string(accepted.term)
                                        + ": this node has followed or granted it to " + rival
                                        + ", not to " + accepted.primary
                                        + ": promote the one that is to stay once more");
  state.cluster = accepted.cluster;
  state.term = accepted.term;
  state.timeline = accepted.timeline;
  note_cluster(accepted, state);
  if (!(state == setup_->state))
    if (auto err = setup_->store->store(state))
      return err;
  setup_->state = std::move(state);
  return ensure_spool();
}

caf::error replica_receiver_state::ensure_spool() {
  if (setup_->spool)
    return caf::none;
  auto opened = persistence::spool::open(*setup_->context.disk, setup_->context.directory,
                                         setup_->spool_options, {setup_->state.cluster},
                                         environment_of(setup_->context));
  if (!opened)
    return opened.error();
  setup_->spool = std::move(*opened);
  hand_out_chores();
  return caf::none;
}

bool replica_receiver_state::is_current(const messages::stream_header& header) {
  if (!stream_ || header.sequence != stream_->accepted.sequence
      || header.term != stream_->accepted.term)
    return false;
  commit_ = std::max(commit_, header.commit);
  return true;
}

/// Of what was accepted alone: it ends the link's back-off. The link measures silence in seconds:
/// it need not be woken by every batch.
void replica_receiver_state::tell_heard() {
  auto now = now_of(self_);
  if (!link_ || (told_heard_ && replication::elapsed(*told_heard_, now) < heard_every))
    return;
  told_heard_ = now;
  self_->send(link_, messages::stream_heard{});
}

void replica_receiver_state::take(const messages::stream_batches& x) {
  if (!failure_.empty() || closed_)
    return;
  if (!x.well_formed) {
    break_stream(errc::malformed, "a stream message could not be understood");
    return;
  }
  if (!is_current(x.header))
    return;
  for (const auto& block : x.blocks) {
    auto batches = persistence::parse_frames(block);
    if (!batches) {
      break_stream(code_of(batches.error()), describe(batches.error()));
      return;
    }
    for (const auto& batch : *batches)
      if (!gather(batch))
        return;
  }
  tell_heard();
  if (!std::exchange(flush_scheduled_, true))
    self_->send(self_, messages::flush_gathered{});
}

replication::log_tail replica_receiver_state::tail() const {
  if (!gathered_.empty())
    return {gathered_.back().last, gathered_.back().tail_digest, gathered_.back().term};
  const auto& spool = *setup_->spool;
  // A segment's header is of a term before its first record is: it says nothing of what precedes.
  auto has_records = spool.durable_lsn() >= spool.oldest_lsn();
  return {flushed(), spool.tail_digest(), has_records ? spool.last_term() : term{}};
}

/// False when the stream was broken.
bool replica_receiver_state::gather(const frame_batch& batch) {
  auto verdict = replication::judge_batch(
      tail(), {batch.first, batch.last, batch.previous_digest, batch.tail_digest, batch.term},
      stream_->accepted.term);
  switch (verdict) {
  case replication::batch_verdict::append: gathered_.push_back(batch); return true;
  case replication::batch_verdict::duplicate:
  case replication::batch_verdict::older: return true;
  case replication::batch_verdict::gap:
    break_stream(errc::malformed, "records before LSN " + to_string(batch.first) + " are missing");
    return false;
  case replication::batch_verdict::diverged:
    ++divergences_;
    break_stream(errc::diverged,
                 "the batch at LSN " + to_string(batch.first) + " is of another history");
    return false;
  case replication::batch_verdict::older_term:
  case replication::batch_verdict::newer_term:
    break_stream(errc::fenced, "the batch at LSN " + to_string(batch.first) + " is of term "
                                   + to_string(batch.term));
    return false;
  }
  return false;
}

void replica_receiver_state::take(const messages::heartbeat& x) {
  if (!x.well_formed || !failure_.empty() || closed_ || !is_current(x.header))
    return;
  tell_heard();
  advance_applied();
  ack();
  prune_own_log(x.header.oldest);
}

/// Decision 11: what the primary no longer keeps and what is applied here. A primary of an
/// earlier version does not tell.
void replica_receiver_state::prune_own_log(lsn primary_oldest) {
  auto through = std::min(previous(primary_oldest), applied_);
  if (through < setup_->spool->oldest_lsn())
    return;
  auto former = setup_->spool->oldest_lsn();
  auto oldest = setup_->spool->prune_through(through);
  if (!oldest) {
    if (setup_->spool->failure())
      latch(describe(oldest.error()));
    return;
  }
  if (*oldest == former)
    return;
  setup_->context.log->info("log pruned oldest_lsn={} primary_oldest_lsn={} applied_lsn={}",
                            oldest->value, primary_oldest.value, applied_.value);
  self_->send(setup_->buffer, messages::log_pruned{*oldest});
  hand_out_chores();
}

void replica_receiver_state::flush() {
  flush_scheduled_ = false;
  if (!stream_ || !failure_.empty() || closed_)
    return;
  if (!gathered_.empty())
    write_gathered();
  else
    ack();
}

void replica_receiver_state::write_gathered() {
  if (auto err = setup_->spool->append_verbatim(gathered_)) {
    auto is_passing = code_of(err) == errc::no_space || code_of(err) == errc::overloaded;
    if (is_passing && !setup_->spool->failure()) {
      if (std::exchange(trouble_, describe(err)).empty())
        setup_->context.log->warn("no room for the stream, trying again durable_lsn={} "
                                  "reason=\"{}\"",
                                  flushed().value, trouble_);
      arm(retry_timer, setup_->limits.no_space_retry);
    } else if (setup_->spool->failure()) {
      latch(describe(err));
    } else {
      break_stream(code_of(err), describe(err));
    }
    return;
  }
  if (!std::exchange(trouble_, {}).empty())
    setup_->context.log->info("the stream goes on durable_lsn={}", flushed().value);
  auto written = std::make_shared<const std::vector<frame_batch>>(std::exchange(gathered_, {}));
  // The ack first: a commit waits for it. An applier reads from the buffer.
  if (!applier_)
    advance_applied();
  ack();
  self_->send(setup_->buffer, messages::batches_durable{std::move(written)});
  if (applier_)
    advance_applied();
  hand_out_chores();
  drop_discarded();
  written_since_timer_ = true;
  if (!std::exchange(idle_armed_, true))
    arm(idle_timer, setup_->limits.idle_mark_after);
}

void replica_receiver_state::ack() {
  if (!stream_)
    return;
  if (auto err = note_history()) {
    break_stream(code_of(err), "cannot store whose history this is: " + describe(err));
    return;
  }
  const auto& state = setup_->state;
  messages::replica_ack out;
  out.identity = {state.node, state.storage, state.incarnation, stream_->accepted.sequence};
  out.term = state.term;
  out.timeline = state.timeline;
  out.flushed = flushed();
  out.received = gathered_.empty() ? out.flushed : gathered_.back().last;
  out.applied = std::min(applied_, out.flushed);
  out.apply_errors = apply_errors_;
  out.divergences = divergences_;
  self_->send(caf::actor_cast<messages::ack_sink_actor>(stream_->session), std::move(out));
}

void replica_receiver_state::fire_timer(const messages::timer_fired& fired) {
  if (wait_timer_.is_of_kind(fired)) {
    if (wait_timer_.takes(fired))
      applied_waits_.expire(now_of(self_), applied());
    wait_timer_.arm(self_, applied_waits_.next_deadline());
    return;
  }
  if (fired.generation == reopen_timer)
    try_reopen();
  if (closed_ || !failure_.empty())
    return;
  if (fired.generation == retry_timer) {
    flush();
    return;
  }
  if (fired.generation != idle_timer || !setup_->spool)
    return;
  if (std::exchange(written_since_timer_, false)) {
    arm(idle_timer, setup_->limits.idle_mark_after);
    return;
  }
  idle_armed_ = false;
  if (auto err = setup_->spool->mark(); err && setup_->spool->failure())
    latch(describe(err));
  hand_out_chores();
}

void replica_receiver_state::arm(std::uint64_t timer, std::chrono::nanoseconds delay) {
  self_->delayed_send(self_, delay, messages::timer_fired{timer});
}

void replica_receiver_state::break_stream(errc code, const std::string& reason) {
  stream_.reset();
  gathered_.clear();
  if (link_)
    self_->send(link_, messages::stream_broken{code, reason});
}

messages::log_positions replica_receiver_state::positions() const {
  messages::log_positions x;
  x.failure = failure_;
  x.trouble = trouble_;
  if (!setup_->spool)
    return x;
  const auto& spool = *setup_->spool;
  x.oldest = spool.oldest_lsn();
  x.written = previous(spool.next_lsn());
  x.durable = spool.durable_lsn();
  x.tail = spool.tail_digest();
  x.last_term = spool.last_term();
  x.retained_bytes = spool.retained_bytes();
  x.applied = applied_;
  x.commit = commit_;
  x.term = setup_->state.term;
  x.timeline = setup_->state.timeline;
  x.cluster = setup_->state.cluster;
  x.members = setup_->state.members;
  x.log_start = setup_->state.log_start;
  return x;
}

messages::log_closed replica_receiver_state::close() {
  closed_ = true;
  stream_.reset();
  if (failure_.empty() && setup_->spool)
    if (auto err = setup_->spool->close())
      failure_ = describe(err);
  return {failure_};
}

} // namespace sluice::actors
