#pragma once

#include "test/support/simulated_cluster.hpp"

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace sluice::test {

/// What a run did, for those who compare and count runs.
struct run_report {
  std::uint64_t trace = 0;
  std::uint64_t steps = 0;
  std::uint64_t committed = 0;
  std::uint64_t faults = 0;
  std::uint64_t crashes = 0;
  /// Empty when every promise was kept.
  std::string broken;
};

/// One seed: a cluster under appends and faults, all drawn from the seed, held against
/// what it promised.
///
/// Held after every round: each append is answered at most once, no LSN is committed with
/// two contents, no stamp gets two LSNs, no connection holds more than its window, and a
/// node that lost its power still has what it called durable. Held at the end: what was
/// acknowledged is on as many disks as its policy counted, also when all power goes at
/// once; every replica holds a byte-equal prefix; nothing stands twice; once healed,
/// everyone catches up and has applied everything within 120 s.
class fault_run {
public:
  explicit fault_run(std::uint64_t seed);

  run_report play();

private:
  struct submission {
    append request;
    answer_ptr answered;
    std::string text;
    commit_policy policy;
    bool is_counted = false;
  };

  std::uint64_t draw(std::uint64_t below) { return random_() % below; }
  std::size_t draw_replica() { return 1 + draw(cluster_.size() - 1); }
  commit_policy draw_policy();

  void play_round();
  void submit_some();
  void submit(append request, std::string text, commit_policy policy);
  void inject_fault();
  void fault_link();
  void fault_process();
  void fault_disk();
  void crash(std::size_t slot);
  void restart(std::size_t slot);
  void heal();

  void check_round();
  void count_commit(const submission& x, const committed& what);
  void check_all_power_lost();
  void check_durable_on_enough(const std::map<std::size_t, lsn>& durable);
  void check_caught_up();
  void check_histories();
  bool is_caught_up();
  void report(const std::string& what);

  std::uint64_t seed_;
  std::mt19937_64 random_;
  cluster_choices choices_;
  simulated_cluster cluster_;
  std::vector<submission> submissions_;
  std::map<lsn, std::string> committed_texts_;
  std::map<producer_stamp, lsn> committed_stamps_;
  /// What a node had called durable when it crashed.
  std::map<std::size_t, lsn> owed_durable_;
  /// Machines that lose their power at one of their next writes.
  std::set<std::size_t> power_goes_off_;
  std::uint64_t last_sequence_ = 0;
  run_report report_;
};

/// Plays a seed from the beginning to its end.
run_report play_seed(std::uint64_t seed);

} // namespace sluice::test
