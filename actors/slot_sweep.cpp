#include "actors/slot_desk.hpp"

#include <caf/typed_event_based_actor.hpp>

/// How slots are held against their limits, and how the log is pruned for it.
namespace sluice::actors {

namespace {

namespace rules = sluice::replication;

constexpr auto measure_deadline = std::chrono::seconds{30};
/// The writer unlinks nothing itself; more than this is a disk that has failed.
constexpr auto prune_deadline = std::chrono::minutes{10};

} // namespace

void slot_desk::sweep() {
  if (std::exchange(is_sweeping_, true)) {
    sweep_again_ = true;
    return;
  }
  measure();
}

void slot_desk::measure() {
  auto ask_writer = [this] {
    self_->request(setup_.writer, measure_deadline, messages::measure_log{})
        .then([this](const messages::log_measured& found) { plan(found); },
              [this](const caf::error&) { end_sweep(); });
  };
  self_->request(setup_.keeper, measure_deadline, messages::measure_disk{})
      .then(
          [this, ask_writer](const messages::disk_measured& x) {
            free_bytes_ = x.free_bytes;
            ask_writer();
          },
          [this, ask_writer](const caf::error&) {
            // Unknown is not short: nobody is given up for it.
            free_bytes_ = UINT64_MAX;
            ask_writer();
          });
}

/// What running snapshots need, and what this node's own state has not got yet.
std::optional<lsn> slot_desk::pinned_after() const {
  auto pinned = book_.pinned_after();
  if (setup_.applied)
    pinned = std::min(pinned.value_or(*setup_.applied), *setup_.applied);
  return pinned;
}

rules::retention_facts slot_desk::facts() const {
  rules::retention_facts x;
  x.log = &log_;
  x.limits = setup_.settings.retention;
  x.slot_defaults = setup_.settings.slot_defaults;
  x.declared = &setup_.declared;
  // What cannot be pruned frees nothing.
  if (setup_.incomplete.empty())
    x.room = {free_bytes_, setup_.settings.free_disk_min};
  x.pinned_after = pinned_after();
  x.now = now_of(self_);
  x.wall_now = setup_.context.wall->now();
  return x;
}

void slot_desk::plan(const messages::log_measured& found) {
  log_ = rules::log_extent{found.segments};
  free_bytes_ += std::min(found.spare_bytes, UINT64_MAX - free_bytes_);
  observe_growth();
  auto planned = rules::plan_retention(book_.slots(), facts());
  auto is_due = rules::elapsed(stored_at_, now_of(self_)) >= setup_.settings.store_every;
  auto frees = log_.bytes_freed(planned.prune_through) > 0 && setup_.incomplete.empty();
  if (planned.lost.empty() && !frees) {
    if (has_moved_ && is_due)
      start_store({});
    return end_sweep();
  }
  if (is_storing_) {
    sweep_again_ = true;
    waiting_.emplace_back(storing_changes_, [this](const caf::error&) { end_sweep(); });
    return;
  }
  // A prune relies on what is stored: the positions that allow it, and who was given up.
  waiting_.emplace_back(changes_,
                        [this, frees, through = planned.prune_through](const caf::error& err) {
                          if (err || !frees)
                            end_sweep();
                          else
                            prune(through);
                        });
  start_store(std::move(planned.lost));
}

/// What is stored by now allows it; who has come meanwhile may need more.
void slot_desk::prune(lsn through) {
  through = std::min(through, rules::slot_floor(book_.slots()).value_or(through));
  through = log_.last_freed(std::min(through, pinned_after().value_or(through)));
  if (through < log_.oldest())
    return end_sweep();
  // Whoever joins from now on is judged by what will be left.
  events_.pruned(next(through));
  self_->request(setup_.writer, prune_deadline, messages::prune_log{through})
      .then(
          [this](const messages::log_pruned& done) {
            events_.pruned(done.oldest);
            end_sweep();
          },
          [this](const caf::error& err) {
            events_.pruned(log_.oldest());
            trouble("the log cannot be pruned: " + describe(err));
            end_sweep();
          });
}

void slot_desk::end_sweep() {
  is_sweeping_ = false;
  if (std::exchange(sweep_again_, false))
    sweep();
}

void slot_desk::trouble(std::string text) {
  if (text != trouble_)
    setup_.context.log->error("slots term={} reason=\"{}\"", setup_.term.value, text);
  trouble_ = std::move(text);
}

std::string slot_desk::prune_trouble() const {
  if (setup_.incomplete.empty())
    return trouble_;
  return "slots may be missing, nothing is pruned until every member has joined or a slot is "
         "reset: "
         + setup_.incomplete;
}

void slot_desk::observe_growth() {
  auto now = now_of(self_);
  for (const auto& x : book_.slots())
    growth_[x.id].observe(now, log_.bytes_after(x.restart_lsn));
  if (growth_.size() > book_.size())
    std::erase_if(growth_,
                  [this](const auto& entry) { return book_.find(entry.first) == nullptr; });
}

std::vector<slot_status> slot_desk::report() const {
  auto known = facts();
  auto floor = rules::slot_floor(book_.slots());
  std::vector<slot_status> result;
  for (const auto& x : book_.slots()) {
    auto growth = growth_.find(x.id);
    auto told =
        rules::forecast(x, known, growth == growth_.end() ? rules::growth_rate{} : growth->second,
                        x.restart_lsn == floor);
    slot_status status;
    status.id = x.id;
    status.restart = x.restart_lsn;
    status.confirmed_flush = x.confirmed_flush_lsn;
    status.confirmed_apply = x.confirmed_apply_lsn;
    status.active = x.is_active;
    if (x.invalidated) {
      status.invalidation_cause = to_string(x.invalidated->cause);
      status.invalidated_at = x.invalidated->at;
    }
    status.last_seen = x.last_seen;
    status.retained_bytes = told.retained_bytes;
    status.safe_bytes_left = told.safe_bytes_left;
    status.seconds_until_lost = told.seconds_until_lost;
    status.limits = rules::limits_of(x, known.slot_defaults, *known.declared);
    status.own_limits = x.limits;
    result.push_back(std::move(status));
  }
  return result;
}

} // namespace sluice::actors
