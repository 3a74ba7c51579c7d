#pragma once

#include "test/support/role_cluster.hpp"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace sluice::test {

/// What one run did, for those who count.
struct promotion_report {
  std::uint64_t seeds = 1;
  std::uint64_t trace = 0;
  std::uint64_t committed = 0;
  std::uint64_t crashes = 0;
  std::uint64_t promotions = 0;
  std::uint64_t role_changes = 0;
  std::uint64_t tails_aside = 0;
  std::uint64_t states_replaced = 0;
  /// Empty when every promise was kept.
  std::string broken;
};

/// One seed: a cluster whose nodes are promoted, also two at once, while links break one way or
/// both, processes freeze and thaw, and machines lose their power; held against P5 and P6.
///
/// Held after every round: no two nodes commit in one term; nothing is committed under quorum in
/// a term after a later one has begun to; no node's term or grant goes back, nor is it told to
/// others before it is durable; two logs with one term at one LSN are the same up to there. Held
/// at the end, after everything is mended and 120 s: a primary serves, or one more promotion makes
/// one; all logs are equal as far back as they are kept, and all states, which hold each record of
/// the history once; what was acknowledged under quorum stands at its LSN, once, with its
/// bytes; what was acknowledged by one node alone stands there or is kept in `diverged/`.
class promotion_run {
public:
  promotion_run(std::uint64_t seed, role_choices choices);

  promotion_report play();
  /// So many times several nodes are promoted at once, two of which may not reach each other,
  /// while clients append at whoever takes it; somebody serves again after each.
  promotion_report play_duels(int duels);

private:
  using link = role_cluster::link;
  using power = role_cluster::power;

  struct submission {
    std::size_t slot = 0;
    std::string text;
    bool is_under_quorum = false;
    answer_ptr answered;
    /// The newest term in which anything was committed under quorum by then.
    term committing;
    bool is_counted = false;
  };

  /// Of one node alone.
  struct local_commit {
    std::size_t slot = 0;
    lsn where;
    std::string text;
  };

  std::uint64_t draw(std::uint64_t below) { return random_() % below; }
  std::size_t draw_slot() { return draw(cluster_.size()); }
  bool is_awake(std::size_t slot);

  void play_round();
  void submit_some();
  void promote(std::size_t slot);
  void promote_two();
  void change_roles(bool all);
  void inject_fault();
  void fault_link();
  void fault_process(std::size_t slot);
  void crash(std::size_t slot);
  void restart(std::size_t slot);
  void heal();

  void check_round();
  void check_commits();
  void count(submission& x, const committed& what);
  void check_terms();
  void check_logs_match();
  void check_end();
  bool is_at_rest();
  bool wait_for_rest();
  std::vector<std::string> history_of(std::size_t slot);
  void check_states(const std::vector<std::string>& history);
  void check_history();
  void check_kept(const local_commit& x);
  void report(const std::string& what);
  std::string where_all_are();

  std::mt19937_64 random_;
  role_choices choices_;
  role_cluster cluster_;
  std::vector<submission> submissions_;
  std::vector<std::shared_ptr<told_operator>> told_;
  std::map<term, std::size_t> committer_of_;
  std::map<lsn, std::string> quorum_texts_;
  std::vector<local_commit> local_commits_;
  term committing_;
  std::uint64_t checks_ = 0;
  struct known_terms {
    term own;
    term granted;
  };
  /// The highest that a node was seen to go by.
  std::vector<known_terms> used_;
  std::vector<bool> has_broken_disk_;
  promotion_report report_;
};

} // namespace sluice::test
