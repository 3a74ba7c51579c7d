#include "actors/spool_writer_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace sluice::actors {

void spool_writer_state::init(self_pointer self, writer_setup setup) {
  self_ = self;
  facts_.floor = setup.floor;
  facts_.last_seen_voters.declared = setup.declared;
  facts_.last_seen_voters.self = setup.context.node;
  setup_ = std::move(setup);
  flow_.emplace(setup_->limits.flow, setup_->declared, setup_->spool->durable_lsn());
  flow_->follow(setup_->floor);
  self->set_down_handler([self](const caf::down_msg& down) {
    std::erase_if(self->state.listeners_, [&](const messages::batch_listener_actor& listener) {
      return listener.address() == down.source;
    });
  });
  hand_out_chores();
}

/// One batch for each call, so that what arrives meanwhile is gathered for the next.
void spool_writer_state::write_gathered() {
  take_inbox();
  flush_scheduled_ = false;
  if (paused_until_ || hold_back())
    return;
  draft batch;
  batch.timestamp = setup_->context.wall->now();
  batch.now = now_of(self_);
  while (!gathered_.empty()) {
    auto& candidate = gathered_.front();
    auto bytes = candidate.bytes;
    if (take(batch, candidate) == step::batch_full)
      break;
    gathered_.pop_front();
    gathered_bytes_ -= bytes;
  }
  if (!batch.entries.empty())
    write(std::move(batch));
  // `local` is decided here, and without members nobody asks how far commits are. A member
  // may join later and vote for what is written now.
  if (!awaited_.empty() || !listeners_.empty() || !setup_->declared.empty())
    self_->send(setup_->coordinator,
                messages::await_commits{std::exchange(awaited_, {}), setup_->spool->durable_lsn()});
  if (!gathered_.empty())
    schedule_flush();
}

lsn spool_writer_state::draft_next(const draft& batch) const {
  return lsn{setup_->spool->next_lsn().value + batch.records};
}

/// Moves `candidate` into the batch, or answers it, or finds that the batch must be
/// written first.
spool_writer_state::step spool_writer_state::take(draft& batch, gathered_append& candidate) {
  auto& what = candidate.item->what;
  if (!failure_.empty()) {
    refuse(candidate, {refusal_code(), failure_, {}});
    return step::answered;
  }
  if (!batch.entries.empty() && batch.bytes + candidate.bytes > setup_->limits.batch_bytes)
    return step::batch_full;
  if (candidate.deadline <= batch.now) {
    refuse(candidate, {errc::timed_out, "the deadline passed before it was written", {}});
    return step::answered;
  }
  if (auto refusal = refuse_policy(what.options, facts_)) {
    refuse(candidate, std::move(*refusal));
    return step::answered;
  }
  if (auto settled = settle_known_producer(batch, candidate))
    return *settled;
  if (auto settled = settle_expected_lsn(batch, candidate))
    return *settled;
  const auto& stamp = what.options.producer;
  if (stamp)
    batch.producers.insert_or_assign(stamp->producer, stamp->sequence);
  batch.bytes += candidate.bytes;
  batch.records += candidate.records;
  auto records = candidate.item->keeps_records() ? what.records : std::move(what.records);
  batch.entries.push_back({std::move(records), batch.timestamp, stamp, std::nullopt});
  batch.items.push_back(std::move(candidate));
  return step::taken;
}

/// The records stand in the log already: wait with them for the policy.
void spool_writer_state::join(gathered_append& candidate, lsn_range records, sluice::term term,
                              timeline_id timeline, replication::monotonic_ns now) {
  const auto& policy = policy_of(candidate.item->what.options, facts_);
  if (std::holds_alternative<policy_local>(policy)) {
    ++decided_.reached;
    latencies_.add(replication::elapsed(candidate.since, now));
    candidate.item->answer(committed{records, term, timeline});
    return;
  }
  candidate.item->written_at(records);
  // The policy may stand in the item, which stays where it is.
  awaited_.push_back(
      {std::move(candidate.item), records, term, timeline, policy, candidate.deadline});
}

void spool_writer_state::write(draft batch) {
  auto first = setup_->spool->next_lsn();
  for (const auto& item : batch.items) {
    auto last = last_of(first, item.records);
    item.item->written_at({first, last});
    first = next(last);
  }
  auto written = setup_->spool->append(batch.entries, setup_->term, setup_->timeline);
  if (!written) {
    fail_draft(batch, written.error());
    return;
  }
  appended_bytes_ += written->bytes.size();
  if (std::exchange(was_held_back_, false))
    flow_->note_delayed(batch.items.size());
  flow_->note_written(written->last, written->bytes.size(), now_of(self_));
  if (!std::exchange(trouble_, {}).empty())
    setup_->context.log->info("appends go on term={} durable_lsn={}", setup_->term.value,
                              written->last.value);
  publish(*written);
  answer_draft(batch, *written);
  if (setup_->spool->closed_segments() > last_seen_closed_segments_)
    tell_room_taken();
  hand_out_chores();
  written_since_timer_ = true;
  arm(setup_->limits.idle_mark_after);
}

/// Without room nothing was written. After any other failure nobody knows, and the log
/// has latched.
void spool_writer_state::fail_draft(draft& batch, const caf::error& why) {
  auto reason = describe(why);
  auto code = code_of(why);
  if (code == errc::no_space || (code == errc::overloaded && !setup_->spool->failure())) {
    if (std::exchange(trouble_, reason).empty())
      setup_->context.log->error("appends are refused until it is over term={} durable_lsn={} "
                                 "reason=\"{}\"",
                                 setup_->term.value, setup_->spool->durable_lsn().value, reason);
    for (auto& item : batch.items)
      refuse(item, {code, context_of(why), {}});
    tell_room_taken();
    return;
  }
  auto first = setup_->spool->next_lsn();
  for (auto& item : batch.items) {
    auto last = last_of(first, item.records);
    item.item->answer(outcome_unknown{{first, last}, reason});
    first = next(last);
  }
  latch(reason);
}

void spool_writer_state::tell_room_taken() {
  last_seen_closed_segments_ = setup_->spool->closed_segments();
  if (room_watcher_)
    self_->send(room_watcher_, messages::room_taken{});
}

void spool_writer_state::watch_room(const messages::watch_room& watch) {
  room_watcher_ = watch.watcher;
}

messages::log_measured spool_writer_state::measure() const {
  return {setup_->spool->segments(), setup_->spool->spare_bytes()};
}

/// Who serves the log is told before the next append is: a reader gets its bytes or is told
/// that they are gone.
caf::result<messages::log_pruned> spool_writer_state::prune(const messages::prune_log& request) {
  if (closed_ || !failure_.empty())
    return make_error(closed_ ? errc::closed : errc::log_failed, failure_);
  auto oldest = setup_->spool->prune_through(request.through);
  if (!oldest) {
    if (setup_->spool->failure())
      latch(describe(oldest.error()));
    return oldest.error();
  }
  last_seen_closed_segments_ = setup_->spool->closed_segments();
  setup_->context.log->info("log pruned term={} oldest_lsn={} bytes={}", setup_->term.value,
                            oldest->value, setup_->spool->retained_bytes());
  messages::log_pruned pruned{*oldest};
  self_->send(setup_->buffer, pruned);
  hand_out_chores();
  return pruned;
}

void spool_writer_state::publish(const frame_batch& written) {
  messages::batches_durable told{
      std::make_shared<const std::vector<frame_batch>>(std::vector<frame_batch>{written})};
  // Sessions first: their replicas are the longest way. Each message to an actor that
  // sleeps wakes a thread, so nobody is told who can learn it from somebody else.
  for (const auto& listener : listeners_)
    self_->send(listener, told);
  self_->send(setup_->buffer, told);
}

void spool_writer_state::answer_draft(draft& batch, const frame_batch& written) {
  auto first = written.first;
  auto now = now_of(self_);
  for (auto& item : batch.items) {
    lsn_range records{first, last_of(first, item.records)};
    join(item, records, written.term, written.timeline, now);
    // Its records went into the batch: what is kept of it is small.
    if (item.is_of_inbox && item.item)
      spent_.push_back(std::move(item.item));
    first = next(records.last);
  }
  if (!spent_.empty())
    setup_->inbox->give_back(spent_);
}

void spool_writer_state::refuse(gathered_append& candidate, append_failed why) {
  ++decided_.refused;
  candidate.item->answer(std::move(why));
}

void spool_writer_state::hand_out_chores() {
  auto chores = setup_->spool->take_chores();
  if (chores.empty() || !setup_->preparer)
    return;
  chores_out_ += chores.size();
  self_->send(setup_->preparer, do_chores{std::move(chores)});
}

void spool_writer_state::finish_chore(const messages::chore_finished& done) {
  chores_out_ -= std::min<std::size_t>(chores_out_, 1);
  if (!done.prepared_path.empty())
    setup_->spool->offer_prepared({done.prepared_path, done.prepared_bytes});
}

void spool_writer_state::schedule_flush() {
  if (!is_held_back_ && !paused_until_ && !std::exchange(flush_scheduled_, true))
    self_->send(self_, messages::flush_gathered{});
}

void spool_writer_state::arm(std::chrono::nanoseconds delay) {
  if (!std::exchange(timer_armed_, true))
    self_->delayed_send(self_, delay, messages::timer_fired{});
}

/// The timer of the writer, flow control apart: ends the wait of appends that are held back until
/// the term is confirmed or a pause is over, and marks an idle log.
void spool_writer_state::fire_timer(const messages::timer_fired& fired) {
  if (reopen_timer_.is_of_kind(fired)) {
    if (reopen_timer_.takes(fired))
      try_reopen();
    return;
  }
  if (flow_timer_.is_of_kind(fired)) {
    if (flow_timer_.takes(fired))
      release_held();
    return;
  }
  if (pause_timer_.is_of_kind(fired)) {
    if (pause_timer_.takes(fired))
      end_pause_when_due();
    return;
  }
  if (deposal_timer_.is_of_kind(fired)) {
    if (deposal_timer_.takes(fired))
      store_deposal_again();
    return;
  }
  timer_armed_ = false;
  if (closed_ || !failure_.empty())
    return;
  if (!may_write()) {
    watch_held();
    return;
  }
  if (std::exchange(written_since_timer_, false)) {
    arm(setup_->limits.idle_mark_after);
    return;
  }
  // Without room, or descriptors, the spool does not latch: the next append tries again.
  if (auto err = setup_->spool->mark(); err && setup_->spool->failure())
    latch(describe(err));
  hand_out_chores();
}

void spool_writer_state::expire_held(errc code, const std::string& why) {
  auto now = now_of(self_);
  std::erase_if(gathered_, [&](gathered_append& held) {
    if (held.deadline > now)
      return false;
    gathered_bytes_ -= held.bytes;
    refuse(held, {code, why, {}});
    return true;
  });
}

void spool_writer_state::allow_appends() {
  setup_->confirmed = true;
  if (!gathered_.empty())
    schedule_flush();
}

messages::log_positions
spool_writer_state::add_listener(const messages::subscribe_batches& subscription) {
  listeners_.push_back(subscription.listener);
  self_->monitor(subscription.listener);
  return positions();
}

void spool_writer_state::latch(const std::string& failure) {
  failure_ = failure;
  reopen_when_there_is_room();
  auto level = is_deposed_ ? spdlog::level::info : spdlog::level::err;
  setup_->context.log->log(level, "{} term={} durable_lsn={} reason=\"{}\"",
                           is_deposed_ ? "the primary of this term takes no more appends"
                                       : "log failed, appends are refused until it is opened again",
                           setup_->term.value, setup_->spool->durable_lsn().value, failure);
  self_->send(setup_->coordinator, messages::log_latched{failure});
  for (auto& held : gathered_)
    refuse(held, {refusal_code(), failure, {}});
  gathered_.clear();
  gathered_bytes_ = 0;
}

messages::log_positions spool_writer_state::positions() {
  const auto& spool = *setup_->spool;
  messages::log_positions x;
  x.oldest = spool.oldest_lsn();
  x.written = previous(spool.next_lsn());
  x.durable = spool.durable_lsn();
  x.tail = spool.tail_digest();
  x.last_term = spool.last_term();
  x.retained_bytes = spool.retained_bytes();
  x.failure = failure_;
  x.trouble = trouble_;
  x.appended_bytes = appended_bytes_;
  x.decided = decided_;
  x.decided.p50_us = latencies_.percentile_us(0.50);
  x.decided.p99_us = latencies_.percentile_us(0.99);
  x.flow = flow_->report(now_of(self_));
  x.policy = facts_.floor;
  return x;
}

messages::log_closed spool_writer_state::close() {
  if (closed_)
    return {failure_};
  flow_->stop();
  paused_until_.reset();
  if (setup_->inbox) {
    setup_->inbox->close();
    take_inbox();
  }
  while (setup_->confirmed && failure_.empty() && !gathered_.empty())
    write_gathered();
  closed_ = true;
  for (auto& held : gathered_)
    refuse(held, {errc::closed, "the node is closing; nothing was written", {}});
  gathered_.clear();
  if (failure_.empty() || is_deposed_) {
    failure_.clear();
    if (auto err = setup_->spool->close())
      failure_ = describe(err);
  }
  return {failure_};
}

} // namespace sluice::actors
