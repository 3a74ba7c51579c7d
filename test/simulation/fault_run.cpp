#include "test/simulation/fault_run.hpp"

#include <algorithm>

namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using power = simulated_cluster::power;
using in_flight = simulated_network::in_flight;

constexpr int rounds = 30;
constexpr seconds catch_up_within{120};

cluster_choices choices_of(std::uint64_t seed) {
  cluster_choices choices;
  choices.has_members = seed % 3 != 0;
  if (choices.has_members && seed % 2 == 0)
    choices.floor = policy_quorum{};
  if (seed % 5 == 0)
    choices.buffer_bytes = 1024;
  return choices;
}

bool is_replica_counted(std::size_t slot, const commit_policy& policy) {
  const auto* regions = std::get_if<policy_regions>(&policy);
  return regions == nullptr || regions->names.contains("region-" + std::to_string(slot));
}

/// How many replicas a policy needs besides the primary, of a cluster of three.
std::size_t replicas_needed(const commit_policy& policy) {
  if (const auto* ack_n = std::get_if<policy_ack_n>(&policy))
    return ack_n->count;
  if (const auto* regions = std::get_if<policy_regions>(&policy))
    return regions->names.size();
  return std::holds_alternative<policy_quorum>(policy) ? 1 : 0;
}

} // namespace

fault_run::fault_run(std::uint64_t seed)
    : seed_(seed), random_(seed * 77 + 1), choices_(choices_of(seed)), cluster_(seed, choices_) {
  for (std::size_t replica = 1; replica < cluster_.size(); ++replica)
    cluster_.connect(replica);
}

run_report fault_run::play() {
  cluster_.network().advance(milliseconds{500});
  for (int round = 0; round < rounds && report_.broken.empty(); ++round)
    play_round();
  if (draw(2) == 0)
    check_all_power_lost();
  heal();
  check_caught_up();
  cluster_.network().advance(seconds{10});
  check_round();
  for (const auto& x : submissions_)
    if (x.answered->times != 1)
      report("append '" + x.text.substr(0, 20) + "' was answered "
             + std::to_string(x.answered->times) + " times");
  check_histories();
  report_.trace = cluster_.network().trace();
  report_.steps = cluster_.network().steps();
  return report_;
}

void fault_run::play_round() {
  if (cluster_.is_running(0))
    submit_some();
  for (auto steps = draw(80); steps > 0 && cluster_.network().step(); --steps)
    continue;
  if (draw(3) == 0)
    inject_fault();
  if (draw(2) == 0)
    cluster_.network().advance(milliseconds{static_cast<std::int64_t>(draw(1500))});
  cluster_.tend();
  check_round();
}

// -- appends -------------------------------------------------------------------------------

commit_policy fault_run::draw_policy() {
  switch (draw(4)) {
  case 0: return policy_ack_n{1};
  case 1: return policy_ack_n{2};
  case 2: return policy_regions{{"region-" + std::to_string(draw_replica())}};
  default: return choices_.has_members ? commit_policy{policy_quorum{}} : policy_local{};
  }
}

void fault_run::submit_some() {
  for (auto count = draw(6); count > 0; --count) {
    if (!submissions_.empty() && draw(6) == 0) {
      // A retry: the same stamp and bytes, whatever became of the first try.
      auto again = submissions_[draw(submissions_.size())];
      if (again.request.options.producer)
        submit(again.request, again.text, again.policy);
      continue;
    }
    auto text = std::to_string(submissions_.size()) + ":" + std::string(draw(1500), 'x');
    auto request = append_of({text});
    auto policy = choices_.floor;
    if (draw(3) != 0) {
      policy = draw_policy();
      request.options.policy = policy;
    }
    if (draw(2) == 0)
      request.options.producer = producer_stamp{"producer", producer_sequence{++last_sequence_}};
    request.options.timeout = milliseconds{100 + static_cast<std::int64_t>(draw(5000))};
    submit(std::move(request), std::move(text), std::move(policy));
  }
}

void fault_run::submit(append request, std::string text, commit_policy policy) {
  auto answered = cluster_.submit(request);
  submissions_.push_back({std::move(request), answered, std::move(text), std::move(policy)});
}

// -- faults --------------------------------------------------------------------------------

void fault_run::inject_fault() {
  ++report_.faults;
  switch (draw(4)) {
  case 0: return fault_process();
  case 1: return fault_disk();
  default: return fault_link();
  }
}

void fault_run::fault_link() {
  auto replica = draw_replica();
  auto* connection = cluster_.connection_of(replica);
  switch (draw(6)) {
  case 0: return cluster_.isolate(replica, in_flight::dropped);
  case 1: return cluster_.isolate(replica, in_flight::delivered);
  case 2:
    if (connection != nullptr)
      connection->is_blocked_to_client = true;
    return;
  case 3:
    if (connection != nullptr)
      connection->is_blocked_to_server = true;
    return;
  case 4:
    if (connection != nullptr)
      connection->is_blocked_to_client = connection->is_blocked_to_server = false;
    return;
  default: return cluster_.connect(replica);
  }
}

void fault_run::fault_process() {
  auto slot = draw(cluster_.size());
  if (!cluster_.is_running(slot))
    restart(slot);
  else if (draw(2) == 0)
    crash(slot);
  else if (cluster_.network()[slot].is_frozen)
    cluster_.network().thaw(slot);
  else
    cluster_.network().freeze(slot);
}

void fault_run::fault_disk() {
  auto slot = draw(cluster_.size());
  if (!cluster_.is_running(slot))
    return;
  auto& disk = cluster_.disk(slot);
  switch (draw(4)) {
  case 0: power_goes_off_.insert(slot); return disk.power_off_at(1 + draw(12));
  case 1: return disk.add_fault({vfs_call::sync_data, 1 + draw(4), errc::io_error, false});
  case 2: return disk.add_fault({vfs_call::write, 1 + draw(4), errc::io_error, false});
  default: return disk.add_fault({vfs_call::allocate, 1, errc::no_space, false});
  }
}

void fault_run::crash(std::size_t slot) {
  ++report_.crashes;
  if (draw(2) == 0)
    if (auto at = cluster_.positions(slot))
      owed_durable_[slot] = std::max(owed_durable_[slot], at->durable);
  auto what = static_cast<power>(draw(3));
  if (power_goes_off_.erase(slot) > 0 && what == power::kept)
    what = power::lost;
  cluster_.crash(slot, what);
}

void fault_run::restart(std::size_t slot) {
  cluster_.disk(slot).clear_faults();
  if (auto err = cluster_.start(slot)) {
    report("node " + std::to_string(slot) + " does not start again: " + describe(err));
    return;
  }
  auto at = cluster_.positions(slot);
  if (at && at->durable < owed_durable_[slot])
    report("node " + std::to_string(slot) + " had LSN " + to_string(owed_durable_[slot])
           + " durable and came back with " + to_string(at->durable));
}

void fault_run::heal() {
  auto& network = cluster_.network();
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot) {
    cluster_.disk(slot).clear_faults();
    if (cluster_.is_running(slot) && network[slot].is_frozen)
      network.thaw(slot);
    auto at = cluster_.positions(slot);
    auto is_well = at && at->failure.empty() && !power_goes_off_.contains(slot);
    if (cluster_.is_running(slot) && !is_well)
      crash(slot);
    if (!cluster_.is_running(slot) && report_.broken.empty())
      restart(slot);
  }
  for (std::size_t replica = 1; replica < cluster_.size(); ++replica) {
    if (auto* connection = cluster_.connection_of(replica))
      connection->is_blocked_to_client = connection->is_blocked_to_server = false;
    cluster_.connect(replica);
  }
}

// -- promises ------------------------------------------------------------------------------

void fault_run::report(const std::string& what) {
  if (report_.broken.empty())
    report_.broken = what;
}

void fault_run::check_round() {
  for (auto& x : submissions_) {
    if (x.answered->times > 1)
      report("append '" + x.text.substr(0, 20) + "' was answered twice");
    if (x.is_counted || x.answered->times == 0)
      continue;
    x.is_counted = true;
    if (const auto* what = x.answered->as_committed())
      count_commit(x, *what);
  }
  for (std::size_t replica = 1; replica < cluster_.size(); ++replica)
    if (cluster_.unread_by(replica) > choices_.window_bytes + 32 * 1024)
      report("replica " + std::to_string(replica) + " is owed "
             + std::to_string(cluster_.unread_by(replica)) + " bytes");
}

void fault_run::count_commit(const submission& x, const committed& what) {
  ++report_.committed;
  auto [known, is_new] = committed_texts_.emplace(what.records.first, x.text);
  if (!is_new && known->second != x.text)
    report("LSN " + to_string(what.records.first) + " was committed with two contents");
  if (!x.request.options.producer)
    return;
  auto [stamp, first_time] =
      committed_stamps_.emplace(*x.request.options.producer, what.records.first);
  if (!first_time && stamp->second != what.records.first)
    report("a retry got LSN " + to_string(what.records.first) + " after "
           + to_string(stamp->second));
}

/// I1, I5: what was acknowledged is on as many disks as were counted.
void fault_run::check_all_power_lost() {
  std::map<std::size_t, lsn> durable;
  power_goes_off_.clear();
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot)
    if (cluster_.is_running(slot))
      cluster_.crash(slot, power::lost_with_all_that_is_unsynced);
    else
      cluster_.disk(slot).cut_power_losing_all();
  check_round();
  for (std::size_t replica = 1; replica < cluster_.size(); ++replica)
    cluster_.isolate(replica, in_flight::dropped);
  for (std::size_t slot = 0; slot < cluster_.size() && report_.broken.empty(); ++slot) {
    restart(slot);
    if (auto at = cluster_.positions(slot))
      durable[slot] = at->durable;
  }
  if (report_.broken.empty())
    check_durable_on_enough(durable);
}

void fault_run::check_durable_on_enough(const std::map<std::size_t, lsn>& durable) {
  for (const auto& x : submissions_) {
    const auto* what = x.answered->as_committed();
    if (what == nullptr)
      continue;
    auto last = what->records.last;
    std::size_t replicas = 0;
    for (const auto& [slot, through] : durable)
      if (slot != 0 && through >= last && is_replica_counted(slot, x.policy))
        ++replicas;
    if (durable.at(0) < last || replicas < replicas_needed(x.policy))
      report("LSN " + to_string(last) + " was acknowledged under " + to_string(x.policy)
             + " and is on " + std::to_string(replicas) + " replicas; the primary has "
             + to_string(durable.at(0)));
  }
}

bool fault_run::is_caught_up() {
  auto primary = cluster_.positions(0);
  if (!primary)
    return false;
  for (std::size_t replica = 1; replica < cluster_.size(); ++replica) {
    auto at = cluster_.positions(replica);
    if (!at || at->durable != primary->durable || at->applied != primary->durable)
      return false;
  }
  auto status = cluster_.status();
  return status && status->state == "serving";
}

/// I15.
void fault_run::check_caught_up() {
  for (seconds waited{0}; waited < catch_up_within && report_.broken.empty(); ++waited) {
    cluster_.network().advance(seconds{1});
    cluster_.tend();
    if (is_caught_up())
      return;
  }
  std::string where;
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot)
    if (auto at = cluster_.positions(slot))
      where += " n" + std::to_string(slot) + "=" + to_string(at->durable) + ",applied "
               + to_string(at->applied) + at->failure;
  report("not caught up after 120 s:" + where);
}

/// I2, I3: one history, each record once.
void fault_run::check_histories() {
  if (!report_.broken.empty())
    return;
  auto end = cluster_.positions(0);
  if (!end)
    return report("the primary does not answer");
  auto history = cluster_.records_on_disk(0, end->durable);
  if (history.size() != end->durable.value)
    report("the primary's log reads " + std::to_string(history.size()) + " of "
           + to_string(end->durable) + " records");
  std::map<std::string_view, lsn> seen;
  for (const auto& entry : history)
    if (!seen.emplace(entry.bytes.view(), entry.lsn).second)
      report("LSN " + to_string(entry.lsn) + " repeats an append");
  for (const auto& [where, text] : committed_texts_)
    if (where.value > history.size() || history[where.value - 1].bytes.view() != text)
      report("LSN " + to_string(where) + " was acknowledged with other bytes");
  for (std::size_t replica = 1; replica < cluster_.size(); ++replica) {
    auto at = cluster_.positions(replica);
    if (!at || cluster_.records_on_disk(replica, at->durable) != history)
      report("replica " + std::to_string(replica) + " holds another history");
  }
}

run_report play_seed(std::uint64_t seed) {
  return fault_run{seed}.play();
}

} // namespace sluice::test
