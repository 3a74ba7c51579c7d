#include "test/simulation/promotion_run.hpp"

namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int rounds = 40;

} // namespace

promotion_run::promotion_run(std::uint64_t seed, role_choices choices)
    : random_(seed * 77 + 1)
    , choices_(choices)
    , cluster_(seed, std::move(choices))
    , used_(cluster_.size())
    , has_broken_disk_(cluster_.size()) {}

promotion_report promotion_run::play() {
  cluster_.network().advance(seconds{2});
  for (int round = 0; round < rounds && report_.broken.empty(); ++round)
    play_round();
  if (report_.broken.empty())
    heal();
  check_end();
  report_.trace = cluster_.network().trace();
  return report_;
}

promotion_report promotion_run::play_duels(int duels) {
  cluster_.network().advance(seconds{2});
  for (int duel = 0; duel < duels && report_.broken.empty(); ++duel) {
    auto one = draw_slot();
    auto other = (one + 1 + draw(cluster_.size() - 1)) % cluster_.size();
    auto what = static_cast<link>(draw(3));
    cluster_.set_link(one, other, what);
    cluster_.set_link(other, one, what);
    for (std::size_t slot = 0; slot < cluster_.size(); ++slot)
      promote(slot);
    for (int turn = 0; turn < 6; ++turn) {
      submit_some();
      for (auto steps = draw(200); steps > 0 && cluster_.network().step(); --steps)
        continue;
      change_roles(false);
      cluster_.network().advance(milliseconds{static_cast<std::int64_t>(draw(500))});
      cluster_.tend();
      check_commits();
    }
    check_round();
    cluster_.set_link(one, other, link::open);
    cluster_.set_link(other, one, link::open);
    if (!wait_for_rest())
      report("not at rest after duel " + std::to_string(duel) + ":" + where_all_are());
  }
  check_end();
  return report_;
}

void promotion_run::play_round() {
  submit_some();
  if (draw(5) == 0)
    promote(draw_slot());
  if (draw(8) == 0)
    promote_two();
  for (auto steps = draw(150); steps > 0 && cluster_.network().step(); --steps)
    continue;
  if (draw(3) == 0)
    inject_fault();
  change_roles(false);
  if (draw(2) == 0)
    cluster_.network().advance(milliseconds{static_cast<std::int64_t>(draw(3000))});
  cluster_.tend();
  check_round();
}

bool promotion_run::is_awake(std::size_t slot) {
  return cluster_.is_running(slot) && !cluster_.network()[slot].is_frozen;
}

void promotion_run::submit_some() {
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot) {
    // A frozen primary takes what clients send it, and looks at it when it thaws.
    if (!cluster_.is_primary(slot))
      continue;
    for (auto appends = draw(4); appends > 0; --appends) {
      submission x;
      x.slot = slot;
      x.text = std::to_string(submissions_.size()) + ":"
               + std::string(draw(choices_.slot_bytes_max == 0 ? 700 : 2000), 'x');
      x.is_under_quorum = choices_.has_members && draw(3) != 0;
      x.committing = committing_;
      auto request = append_of({x.text});
      if (x.is_under_quorum)
        request.options.policy = policy_quorum{};
      request.options.timeout = milliseconds{100 + static_cast<std::int64_t>(draw(5000))};
      x.answered = cluster_.submit(slot, std::move(request));
      submissions_.push_back(std::move(x));
    }
  }
}

void promotion_run::promote(std::size_t slot) {
  if (!cluster_.is_running(slot) || cluster_.is_primary(slot) || cluster_.is_changing_role(slot))
    return;
  told_.push_back(cluster_.tell(slot, messages::control_command::promote));
}

/// Two operators who do not know of each other, nor, often, do their nodes.
void promotion_run::promote_two() {
  auto one = draw_slot();
  auto other = (one + 1 + draw(cluster_.size() - 1)) % cluster_.size();
  if (draw(2) == 0) {
    auto what = draw(2) == 0 ? link::silent : link::refused;
    cluster_.set_link(one, other, what);
    cluster_.set_link(other, one, what);
  }
  promote(one);
  promote(other);
}

/// @param all else some of them, drawn: others are found between two lives
void promotion_run::change_roles(bool all) {
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot) {
    if (!is_awake(slot) || !cluster_.is_changing_role(slot) || (!all && draw(2) == 0))
      continue;
    ++report_.role_changes;
    auto err = cluster_.change_role(slot);
    if (err && !has_broken_disk_[slot])
      report("node " + std::to_string(slot) + " cannot change its role: " + describe(err));
  }
}

// -- faults --------------------------------------------------------------------------------

void promotion_run::inject_fault() {
  if (draw(2) == 0)
    return fault_link();
  fault_process(draw_slot());
}

void promotion_run::fault_link() {
  auto one = draw_slot();
  auto other = draw_slot();
  if (one == other)
    return;
  auto what = static_cast<link>(draw(3));
  if (draw(3) == 0) {
    cluster_.set_link(one, other, what);
    return;
  }
  // The node is alone, or with all again.
  for (std::size_t each = 0; each < cluster_.size(); ++each)
    if (each != one) {
      cluster_.set_link(one, each, what);
      cluster_.set_link(each, one, what);
    }
}

void promotion_run::fault_process(std::size_t slot) {
  auto& network = cluster_.network();
  if (!cluster_.is_running(slot))
    return restart(slot);
  switch (draw(5)) {
  case 0: return crash(slot);
  case 1: has_broken_disk_[slot] = true; return cluster_.disk(slot).power_off_at(1 + draw(15));
  case 2:
    has_broken_disk_[slot] = true;
    return cluster_.disk(slot).add_fault({vfs_call::sync_data, 1 + draw(4), errc::io_error, false});
  default: return network[slot].is_frozen ? network.thaw(slot) : network.freeze(slot);
  }
}

void promotion_run::crash(std::size_t slot) {
  ++report_.crashes;
  auto what = static_cast<power>(draw(3));
  if (cluster_.disk(slot).is_power_off() && what == power::kept)
    what = power::lost;
  cluster_.crash(slot, what);
}

void promotion_run::restart(std::size_t slot) {
  auto& disk = cluster_.disk(slot);
  disk.clear_faults();
  // It may have gone off before the power was cut for another reason.
  disk.cut_power();
  has_broken_disk_[slot] = false;
  if (auto err = cluster_.start(slot))
    report("node " + std::to_string(slot) + " does not start again: " + describe(err));
}

void promotion_run::heal() {
  for (std::size_t slot = 0; slot < cluster_.size(); ++slot) {
    if (cluster_.is_running(slot) && cluster_.network()[slot].is_frozen)
      cluster_.network().thaw(slot);
    if (cluster_.is_running(slot) && has_broken_disk_[slot])
      crash(slot);
    if (!cluster_.is_running(slot))
      restart(slot);
    for (std::size_t other = 0; other < cluster_.size(); ++other)
      cluster_.set_link(slot, other, link::open);
  }
}

} // namespace sluice::test
