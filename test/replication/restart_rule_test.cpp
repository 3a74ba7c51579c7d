#include "replication/restart_rule.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

/// A replica that keeps the log through LSN 10 is to begin anew at 50.
restart_facts behind() {
  return {"c", "c", term{3}, term{3}, lsn{10}, lsn{50}, replica_content::log_only};
}

errc verdict_of(const restart_facts& facts) {
  auto refused = refuse_restart(facts);
  EXPECT_TRUE(!refused || !refused->text.empty());
  return refused ? refused->code : errc::ok;
}

TEST(refuse_restart, lets_a_log_go_whose_next_record_is_gone) {
  EXPECT_EQ(verdict_of(behind()), errc::ok);
  auto wiped = behind();
  wiped.own_cluster.clear();
  wiped.own_term = {};
  wiped.flushed = no_lsn;
  EXPECT_EQ(verdict_of(wiped), errc::ok);
}

TEST(refuse_restart, keeps_a_log_that_holds_what_the_new_one_would_begin_after) {
  auto facts = behind();
  facts.start = lsn{11};
  EXPECT_EQ(verdict_of(facts), errc::diverged);
  facts.start = lsn{5};
  EXPECT_EQ(verdict_of(facts), errc::diverged);
  facts.start = lsn{12};
  EXPECT_EQ(verdict_of(facts), errc::ok);
}

TEST(refuse_restart, keeps_a_log_that_something_was_built_from) {
  auto facts = behind();
  facts.content = replica_content::applied_state;
  EXPECT_EQ(verdict_of(facts), errc::pruned);
  EXPECT_EQ(refuse_restart(facts)->text.rfind("needs_snapshot", 0), 0u);
}

TEST(refuse_restart, obeys_no_other_cluster_and_no_older_term) {
  auto other = behind();
  other.cluster = "d";
  EXPECT_EQ(verdict_of(other), errc::wrong_cluster);
  auto older = behind();
  older.term = term{2};
  EXPECT_EQ(verdict_of(older), errc::fenced);
}

/// A replica that keeps the log through LSN 40 is to cut it behind 30.
rewind_facts ahead() {
  return {"c", "c", term{3}, term{4}, lsn{40}, lsn{30}, replica_content::log_only, lsn{40}};
}

errc verdict_of(const rewind_facts& facts) {
  auto refused = refuse_rewind(facts);
  EXPECT_TRUE(!refused || !refused->text.empty());
  return refused ? refused->code : errc::ok;
}

TEST(refuse_rewind, lets_a_tail_go_that_nothing_was_built_from) {
  EXPECT_EQ(verdict_of(ahead()), errc::ok);
  auto applying = ahead();
  applying.content = replica_content::applied_state;
  applying.applied = lsn{30};
  EXPECT_EQ(verdict_of(applying), errc::ok);
}

// What is below the watermark is never rolled back.
TEST(refuse_rewind, keeps_what_was_applied) {
  auto applying = ahead();
  applying.content = replica_content::applied_state;
  applying.applied = lsn{31};
  EXPECT_EQ(verdict_of(applying), errc::pruned);
  EXPECT_EQ(refuse_rewind(applying)->text.rfind("needs_snapshot", 0), 0u);
}

TEST(refuse_rewind, lets_go_what_was_applied_where_a_snapshot_can_replace_the_state) {
  auto applying = ahead();
  applying.content = replica_content::applied_state;
  applying.applied = lsn{31};
  applying.can_install = true;
  EXPECT_EQ(verdict_of(applying), errc::ok);
}

TEST(refuse_rewind, has_nothing_to_cut_at_its_end) {
  auto facts = ahead();
  facts.through = lsn{40};
  EXPECT_EQ(verdict_of(facts), errc::diverged);
  facts.through = lsn{41};
  EXPECT_EQ(verdict_of(facts), errc::diverged);
}

TEST(refuse_rewind, obeys_no_other_cluster_and_no_older_term) {
  auto other = ahead();
  other.cluster = "d";
  EXPECT_EQ(verdict_of(other), errc::wrong_cluster);
  auto older = ahead();
  older.term = term{2};
  EXPECT_EQ(verdict_of(older), errc::fenced);
}

/// A replica that holds the log through LSN 10 has got a snapshot of LSN 50.
install_facts bootstrapped() {
  return {"c", "c", term{3}, term{3}, lsn{10}, lsn{50}};
}

errc verdict_of(const install_facts& facts) {
  auto refused = refuse_install(facts);
  EXPECT_TRUE(!refused || !refused->text.empty());
  return refused ? refused->code : errc::ok;
}

TEST(refuse_install, takes_a_state_that_holds_all_of_the_log) {
  EXPECT_EQ(verdict_of(bootstrapped()), errc::ok);
  auto level = bootstrapped();
  level.at = lsn{10};
  EXPECT_EQ(verdict_of(level), errc::ok);
  auto wiped = bootstrapped();
  wiped.own_cluster.clear();
  wiped.own_term = {};
  wiped.flushed = no_lsn;
  EXPECT_EQ(verdict_of(wiped), errc::ok);
}

TEST(refuse_install, keeps_a_log_that_holds_more) {
  auto facts = bootstrapped();
  facts.at = lsn{9};
  EXPECT_EQ(verdict_of(facts), errc::pruned);
  facts.log_goes_on = true;
  EXPECT_EQ(verdict_of(facts), errc::ok) << "it is not given up";
}

TEST(refuse_install, obeys_no_other_cluster_and_no_older_term) {
  auto other = bootstrapped();
  other.cluster = "d";
  EXPECT_EQ(verdict_of(other), errc::wrong_cluster);
  auto older = bootstrapped();
  older.term = term{2};
  EXPECT_EQ(verdict_of(older), errc::fenced);
}

/// A state at LSN 3 was to become a snapshot's at 8.
constexpr install_traces old_state{false, lsn{8}, lsn{3}, lsn{3}};

TEST(judge_install, tells_the_old_state_from_the_new_one_by_how_far_it_is) {
  EXPECT_EQ(judge_install(old_state), install_verdict::not_installed);
  auto traces = old_state;
  traces.applied = lsn{8};
  EXPECT_EQ(judge_install(traces), install_verdict::installed);
  traces = {false, lsn{8}, lsn{12}, lsn{12}};
  EXPECT_EQ(judge_install(traces), install_verdict::not_installed) << "what was cut off is ahead";
}

TEST(judge_install, does_not_guess_where_the_old_state_was_at_the_same_lsn) {
  EXPECT_EQ(judge_install({false, lsn{8}, lsn{8}, lsn{8}}), install_verdict::unknown);
}

TEST(judge_install, believes_what_was_noted_before_the_log_was_touched) {
  EXPECT_EQ(judge_install({true, lsn{8}, lsn{8}, lsn{8}}), install_verdict::installed);
  EXPECT_EQ(judge_install({true, lsn{8}, lsn{3}, lsn{3}}), install_verdict::installed)
      << "the log may have been given up: there is no way back";
}

} // namespace
} // namespace sluice::replication
