#include "net/client_queue.hpp"

#include <algorithm>
#include <utility>

namespace sluice::net {

namespace {

std::uint64_t payload_bytes(const append& what) {
  std::uint64_t total = 0;
  for (const auto& bytes : what.records)
    total += bytes.size();
  return total;
}

/// A refusal says nothing about an earlier try whose outcome is not known.
append_outcome honest(const client_queue::entry& waiting, append_outcome outcome) {
  if (auto* unknown = std::get_if<outcome_unknown>(&outcome);
      unknown != nullptr && unknown->records.first == no_lsn)
    unknown->records = waiting.told_at;
  const auto* failed = std::get_if<append_failed>(&outcome);
  if (!waiting.uncertain || failed == nullptr)
    return outcome;
  return outcome_unknown{waiting.told_at,
                         "an earlier try may have been written; the last one was refused: "
                             + to_string(failed->code) + " " + failed->reason};
}

} // namespace

void client_queue::add(messages::append_ptr item, replication::monotonic_ns deadline) {
  auto bytes = payload_bytes(item->what);
  auto ticket = ++last_ticket_;
  entries_.emplace(ticket, entry{std::move(item), deadline, bytes});
  unsent_.push_back(ticket);
}

messages::append_many client_queue::take(std::uint64_t credit, std::uint64_t message_bytes,
                                         replication::monotonic_ns now) {
  messages::append_many out;
  std::uint64_t total = 0;
  while (!unsent_.empty()) {
    auto found = entries_.find(unsent_.front());
    if (found == entries_.end()) {
      unsent_.pop_front();
      continue;
    }
    auto& next = found->second;
    auto fits = in_flight_bytes_ == 0 || in_flight_bytes_ + next.bytes <= credit;
    if (!fits || (total > 0 && total + next.bytes > message_bytes))
      break;
    auto what = next.item->what;
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        replication::elapsed(now, next.deadline));
    what.options.timeout = std::max(left, std::chrono::milliseconds{1});
    out.items.push_back({found->first, std::move(what)});
    next.sent = true;
    next.in_flight = true;
    total += next.bytes;
    in_flight_bytes_ += next.bytes;
    unsent_.pop_front();
  }
  return out;
}

void client_queue::leave_flight(entry& waiting) {
  if (std::exchange(waiting.in_flight, false))
    in_flight_bytes_ -= waiting.bytes;
}

/// Its ticket may still stand in `unsent_`, where `take` passes over it.
void client_queue::settle(std::map<std::uint64_t, entry>::iterator found, append_outcome outcome) {
  leave_flight(found->second);
  auto item = std::move(found->second.item);
  auto told = honest(found->second, std::move(outcome));
  entries_.erase(found);
  item->answer(std::move(told));
}

void client_queue::answer(std::uint64_t ticket, append_outcome outcome) {
  auto found = entries_.find(ticket);
  if (found != entries_.end())
    settle(found, std::move(outcome));
}

void client_queue::send_again(std::uint64_t ticket, const append_outcome& outcome) {
  auto found = entries_.find(ticket);
  if (found == entries_.end() || !found->second.in_flight)
    return;
  if (const auto* unknown = std::get_if<outcome_unknown>(&outcome)) {
    found->second.uncertain = true;
    if (unknown->records.first != no_lsn)
      found->second.told_at = unknown->records;
  }
  leave_flight(found->second);
  unsent_.push_back(ticket);
}

void client_queue::send_all_again() {
  in_flight_bytes_ = 0;
  unsent_.clear();
  for (auto& [ticket, waiting] : entries_) {
    waiting.uncertain |= waiting.sent;
    waiting.in_flight = false;
    unsent_.push_back(ticket);
  }
}

void client_queue::expire(replication::monotonic_ns now, std::chrono::nanoseconds grace,
                          const std::string& why) {
  for (auto i = entries_.begin(); i != entries_.end();) {
    auto current = i++;
    const auto& waiting = current->second;
    // What was never sent needs no grace: nobody is going to answer it.
    auto limit = waiting.sent ? replication::later(waiting.deadline, grace) : waiting.deadline;
    if (limit > now)
      continue;
    if (waiting.sent)
      settle(current, outcome_unknown{{}, why.empty() ? "the node did not answer in time" : why});
    else
      settle(current, append_failed{errc::unreachable,
                                    why.empty() ? "the node takes no more; nothing was sent" : why,
                                    {}});
  }
}

void client_queue::fail_unsent(errc code, const std::string& why) {
  for (auto i = entries_.begin(); i != entries_.end();) {
    auto current = i++;
    if (!current->second.sent)
      settle(current, append_failed{code, why, {}});
  }
}

} // namespace sluice::net
