#include "replication/resume_rule.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

/// A replica on the primary's timeline, whose log is [oldest, durable].
resume_facts facts(std::uint64_t flushed, history_match match, std::uint64_t oldest = 1,
                   std::uint64_t durable = 100) {
  return {lsn{flushed}, timeline_id{2}, match, lsn{oldest}, lsn{durable}, timeline_id{2}};
}

std::string outcome(const resume_facts& x) {
  auto plan = plan_resume(x);
  if (const auto* stream = std::get_if<stream_from>(&plan))
    return "from " + to_string(stream->after);
  if (const auto* anew = std::get_if<rebootstrap_from>(&plan))
    return "anew " + to_string(anew->start) + " " + to_string(anew->cause);
  if (const auto* rewind = std::get_if<rewind_to>(&plan))
    return "rewind " + to_string(rewind->through) + " " + std::to_string(rewind->at.value)
           + (rewind->parted_at == no_lsn ? "" : " parted at " + to_string(rewind->parted_at));
  if (const auto* snapshot = std::get_if<snapshot_from>(&plan))
    return "snapshot " + to_string(snapshot->at_least) + " " + snapshot->cause;
  const auto& rejected = std::get<resume_rejected>(plan);
  EXPECT_FALSE(rejected.text.empty());
  return to_string(rejected.reason)
         + (rejected.reason == resume_refusal::diverged ? " " + to_string(rejected.agreed_through)
                                                        : "");
}

TEST(plan_resume, streams_after_what_the_replica_has) {
  EXPECT_EQ(outcome(facts(40, history_matches{})), "from 40");
  EXPECT_EQ(outcome(facts(100, history_matches{})), "from 100");
}

TEST(plan_resume, streams_everything_to_an_empty_replica_of_a_whole_log) {
  EXPECT_EQ(outcome(facts(0, position_unknown{})), "from 0");
  EXPECT_EQ(outcome(facts(0, position_unknown{}, 0, 0)), "from 0");
  EXPECT_EQ(outcome(facts(0, position_unknown{}, 1, 0)), "from 0");
}

// At the oldest LSN that is kept the log is enough, one before it is not. RedDB
// then looks for a base backup (18.43); ours says that a snapshot is needed.
TEST(plan_resume, never_moves_a_replica_past_records_that_it_lacks) {
  EXPECT_EQ(outcome(facts(0, position_unknown{}, 2)), "needs_snapshot");
  EXPECT_EQ(outcome(facts(10, position_pruned{}, 12)), "needs_snapshot");
  EXPECT_EQ(outcome(facts(10, history_matches{}, 12)), "needs_snapshot");
  EXPECT_EQ(outcome(facts(11, history_matches{}, 12)), "from 11");
}

resume_facts replaceable(resume_facts x) {
  x.content = replica_content::replaceable_state;
  return x;
}

TEST(plan_resume, sends_for_a_snapshot_where_the_state_can_be_replaced) {
  EXPECT_EQ(outcome(replaceable(facts(0, position_unknown{}, 2))), "snapshot 1 wal_removed");
  EXPECT_EQ(outcome(replaceable(facts(10, history_matches{}, 12))), "snapshot 11 wal_removed");
  EXPECT_EQ(outcome(replaceable(facts(11, history_matches{}, 12))), "from 11");
}

// The replica's own log may go on behind it, which it knows best.
TEST(plan_resume, sends_for_any_snapshot_that_the_log_goes_on_behind) {
  EXPECT_EQ(outcome(replaceable(facts(40, position_pruned{}, 12))), "snapshot 11 wal_removed");
}

TEST(plan_resume, names_what_became_of_the_slot_as_the_cause_of_a_snapshot) {
  auto x = replaceable(facts(10, history_matches{}, 12));
  slot claim;
  claim.invalidated = slot_invalidation{invalidation_cause::horizon, {}};
  x.claim = &claim;
  EXPECT_EQ(outcome(x), "snapshot 11 horizon");
  EXPECT_EQ(to_string(plan_resume(x)), "snapshot at least 11: horizon");
  EXPECT_EQ(to_string(plan_if_unchanged(x)), "snapshot at least 11: horizon");
}

// Its log was cut below what its state holds.
TEST(plan_resume, sends_for_a_snapshot_whoever_says_that_its_state_is_of_another_history) {
  auto x = replaceable(facts(40, history_matches{}));
  x.wants_snapshot = true;
  EXPECT_EQ(outcome(x), "snapshot 0 diverged");
  x.replica_flushed = no_lsn;
  EXPECT_EQ(outcome(x), "snapshot 0 diverged");
  x.content = replica_content::applied_state;
  EXPECT_EQ(outcome(x), "needs_snapshot");
}

TEST(plan_resume, heals_no_divergence_by_a_snapshot_before_the_log_is_cut) {
  auto x = replaceable(facts(40, history_differs{lsn{30}}));
  x.wants_snapshot = true;
  EXPECT_EQ(outcome(x), "diverged 30");
}

TEST(plan_resume, says_what_to_do_where_no_snapshot_can_be_taken) {
  auto plan = plan_resume(facts(10, history_matches{}, 12));
  EXPECT_NE(std::get<resume_rejected>(plan).text.find("let it begin as a new one"),
            std::string::npos);
}

TEST(plan_resume, asks_for_a_snapshot_when_nothing_can_prove_the_history) {
  EXPECT_EQ(outcome(facts(11, position_pruned{}, 12)), "needs_snapshot");
}

TEST(plan_resume, never_merges_another_history) {
  EXPECT_EQ(outcome(facts(40, history_differs{lsn{30}})), "diverged 30");
  EXPECT_EQ(outcome(facts(40, position_unknown{lsn{20}})), "diverged 20");
}

TEST(plan_resume, tells_a_lost_primary_log_from_a_divergent_tail) {
  auto longer = facts(101, position_unknown{lsn{90}});
  EXPECT_EQ(outcome(longer), "ahead_of_primary");
  longer.replica_timeline = timeline_id{1};
  EXPECT_EQ(outcome(longer), "diverged 90");
}

TEST(plan_resume, follows_a_prefix_whatever_timeline_it_was_written_on) {
  auto old = facts(40, history_matches{});
  old.replica_timeline = timeline_id{1};
  EXPECT_EQ(outcome(old), "from 40");
}

TEST(plan_resume, calls_a_longer_history_diverged_when_an_earlier_point_already_differs) {
  EXPECT_EQ(outcome(facts(101, history_differs{lsn{60}})), "diverged 60");
}

// -- beginning anew (decision 12) -----------------------------------------------------------

resume_facts log_only(std::uint64_t flushed, history_match match, std::uint64_t oldest) {
  auto x = facts(flushed, match, oldest);
  x.content = replica_content::log_only;
  return x;
}

slot claim_of(std::uint64_t restart, std::optional<invalidation_cause> cause = std::nullopt) {
  slot x;
  x.id = "r1";
  x.restart_lsn = lsn{restart};
  x.confirmed_flush_lsn = lsn{restart};
  if (cause)
    x.invalidated = slot_invalidation{*cause, timestamp_ms{1}};
  return x;
}

TEST(plan_resume, lets_a_log_begin_anew_where_the_primarys_does) {
  EXPECT_EQ(outcome(log_only(10, position_pruned{}, 12)), "anew 12 wal_removed");
  EXPECT_EQ(outcome(log_only(0, history_matches{}, 12)), "anew 12 wal_removed");
}

// One cause each.
TEST(plan_resume, gives_the_cause_of_the_slot_when_that_was_invalidated) {
  for (auto cause : {invalidation_cause::horizon, invalidation_cause::idle_timeout,
                     invalidation_cause::disk_pressure, invalidation_cause::wal_removed}) {
    auto given_up = claim_of(10, cause);
    auto away = log_only(10, position_pruned{}, 12);
    away.claim = &given_up;
    EXPECT_EQ(outcome(away), "anew 12 " + to_string(cause));
  }
  auto valid = claim_of(10);
  auto away = log_only(10, position_pruned{}, 12);
  away.claim = &valid;
  EXPECT_EQ(outcome(away), "anew 12 wal_removed");
}

// What is kept is streamed.
// An invalidated slot alone costs nobody its log (docs/adr/0006).
TEST(plan_resume, streams_what_is_still_kept_whatever_became_of_the_slot) {
  auto given_up = claim_of(40, invalidation_cause::horizon);
  auto back = log_only(40, history_matches{}, 30);
  back.claim = &given_up;
  EXPECT_EQ(outcome(back), "from 40");
}

// In RedDB the slot moved a wiped replica to where its predecessor had been.
TEST(plan_resume, never_trusts_a_slot_over_the_replicas_own_position) {
  auto former = claim_of(80);
  auto wiped = log_only(0, history_matches{}, 1);
  wiped.claim = &former;
  EXPECT_EQ(outcome(wiped), "from 0");
  EXPECT_TRUE(has_lost_records(&former, lsn{0}));
  auto restored = log_only(30, history_matches{}, 1);
  restored.claim = &former;
  EXPECT_EQ(outcome(restored), "from 30");
  EXPECT_TRUE(has_lost_records(&former, lsn{79}));
  EXPECT_FALSE(has_lost_records(&former, lsn{80}));
  EXPECT_FALSE(has_lost_records(nullptr, lsn{0}));
}

TEST(plan_resume, never_lets_a_log_begin_anew_that_is_ahead_or_has_diverged) {
  auto ahead = log_only(101, position_unknown{}, 50);
  EXPECT_EQ(outcome(ahead), "ahead_of_primary");
  EXPECT_EQ(outcome(log_only(60, history_differs{lsn{55}}, 50)), "diverged 55");
}

TEST(plan_resume, never_lets_applied_state_begin_anew) {
  EXPECT_EQ(outcome(facts(0, history_matches{}, 12)), "needs_snapshot");
  auto given_up = claim_of(10, invalidation_cause::horizon);
  auto away = facts(10, position_pruned{}, 12);
  away.claim = &given_up;
  EXPECT_EQ(outcome(away), "needs_snapshot");
}

// -- timelines -----------------------------------------------------------------------------

// What a replica shares with the primary after one promotion and after two.
TEST(shared_through, is_the_first_fork_on_the_way_to_the_primarys_timeline) {
  std::vector<timeline_fork> once{{timeline_id{1}, {}, {}},
                                  {timeline_id{2}, timeline_id{1}, lsn{1000}}};
  EXPECT_EQ(shared_through(once, timeline_id{2}), lsn{UINT64_MAX});
  EXPECT_EQ(shared_through(once, timeline_id{1}), lsn{1000});
  EXPECT_EQ(shared_through(once, timeline_id{9}), std::nullopt);
  auto twice = once;
  twice.push_back({timeline_id{3}, timeline_id{2}, lsn{1500}});
  EXPECT_EQ(shared_through(twice, timeline_id{2}), lsn{1500});
  EXPECT_EQ(shared_through(twice, timeline_id{1}), lsn{1000});
  EXPECT_EQ(shared_through({}, timeline_id{1}), std::nullopt);
}

TEST(shared_through, knows_nothing_of_a_branch_that_the_primary_never_was_on) {
  std::vector<timeline_fork> history{{timeline_id{1}, {}, {}},
                                     {timeline_id{2}, timeline_id{1}, lsn{10}},
                                     {timeline_id{3}, timeline_id{1}, lsn{20}}};
  EXPECT_EQ(shared_through(history, timeline_id{2}), std::nullopt);
  EXPECT_EQ(shared_through(history, timeline_id{1}), lsn{20});
}

// Behind the fork, before it is pruned and after.
TEST(plan_resume, follows_a_promotion_from_before_the_fork) {
  auto behind = log_only(950, history_matches{}, 900);
  behind.primary_durable = lsn{2000};
  behind.replica_timeline = timeline_id{1};
  behind.timelines = {{timeline_id{1}, {}, {}}, {timeline_id{2}, timeline_id{1}, lsn{1000}}};
  EXPECT_EQ(outcome(behind), "from 950");
  behind.replica_flushed = lsn{850};
  behind.match = position_pruned{};
  EXPECT_EQ(outcome(behind), "anew 900 wal_removed");
  behind.replica_timeline = timeline_id{7};
  EXPECT_EQ(outcome(behind), "diverged 0");
}

/// A deposed primary: its timeline 1 was left at LSN 30, where the digest is 7.
resume_facts deposed(std::uint64_t flushed, history_match match) {
  auto x = facts(flushed, match);
  x.replica_timeline = timeline_id{1};
  x.timelines = {{timeline_id{1}, {}, {}}, {timeline_id{2}, timeline_id{1}, lsn{30}, digest{7}}};
  return x;
}

TEST(plan_resume, rewinds_a_tail_of_an_ancestor_to_where_the_histories_part) {
  EXPECT_EQ(outcome(deposed(40, history_differs{lsn{20}})), "rewind 30 7");
  EXPECT_EQ(outcome(deposed(40, history_differs{lsn{30}})), "rewind 30 7");
  EXPECT_EQ(outcome(deposed(40, position_unknown{lsn{20}})), "rewind 30 7");
  EXPECT_EQ(outcome(deposed(140, position_unknown{lsn{20}})), "rewind 30 7");
  EXPECT_EQ(outcome(deposed(140, history_differs{lsn{20}})), "rewind 30 7");
}

// What it needs behind the fork may be gone: then it begins anew after it was rewound.
TEST(plan_resume, rewinds_a_tail_whose_fork_is_pruned) {
  auto parted = deposed(40, position_pruned{});
  parted.primary_oldest = lsn{50};
  EXPECT_EQ(outcome(parted), "rewind 30 7");
  parted.content = replica_content::log_only;
  EXPECT_EQ(outcome(parted), "rewind 30 7");
}

TEST(plan_resume, rewinds_nothing_that_the_timelines_do_not_explain) {
  EXPECT_EQ(outcome(deposed(40, history_differs{lsn{35}})), "diverged 35");
  EXPECT_EQ(outcome(deposed(30, history_differs{lsn{20}})), "diverged 20");
  EXPECT_EQ(outcome(deposed(25, history_differs{lsn{20}})), "diverged 20");
  auto unknown = deposed(40, history_differs{lsn{20}});
  unknown.replica_timeline = timeline_id{9};
  EXPECT_EQ(outcome(unknown), "diverged 20");
  auto own = deposed(40, history_differs{lsn{20}});
  own.replica_timeline = timeline_id{2};
  EXPECT_EQ(outcome(own), "diverged 20");
}

/// It was promoted to term 2 where nobody saw it; the primary went on from term 1 in term 3.
resume_facts passed_over(std::uint64_t flushed, history_match match) {
  auto x = facts(flushed, match);
  x.replica_timeline = timeline_id{2};
  x.primary_timeline = timeline_id{3};
  x.timelines = {{timeline_id{1}, {}, {}}, {timeline_id{3}, timeline_id{1}, lsn{30}, digest{7}}};
  x.agreed_digest = digest{5};
  return x;
}

TEST(plan_resume, rewinds_a_branch_that_a_later_term_passed_over_to_where_the_digests_agree) {
  EXPECT_EQ(outcome(passed_over(40, history_differs{lsn{20}})), "rewind 20 5");
  EXPECT_EQ(outcome(passed_over(40, position_unknown{lsn{20}})), "rewind 20 5");
  EXPECT_EQ(outcome(passed_over(140, position_unknown{lsn{20}})), "rewind 20 5");
  EXPECT_EQ(outcome(passed_over(40, history_differs{no_lsn})), "rewind 0 5");
  EXPECT_EQ(outcome(passed_over(40, history_differs{lsn{20}, lsn{36}})),
            "rewind 20 5 parted at 36");
  EXPECT_EQ(outcome(passed_over(140, position_unknown{lsn{20}, lsn{124}})),
            "rewind 20 5 parted at 124");
  EXPECT_EQ(outcome(passed_over(20, history_matches{})), "from 20");
}

TEST(plan_resume, says_of_an_ancestor_exactly_where_it_parted) {
  EXPECT_EQ(outcome(deposed(40, history_differs{lsn{20}, lsn{36}})), "rewind 30 7");
}

TEST(plan_resume, rewinds_no_branch_of_a_later_term) {
  auto later = passed_over(40, history_differs{lsn{20}});
  later.replica_timeline = timeline_id{4};
  EXPECT_EQ(outcome(later), "diverged 20");
}

// Nobody streams from there, but its tail is out of the way.
TEST(plan_resume, rewinds_a_branch_that_was_passed_over_before_what_is_pruned) {
  auto pruned = passed_over(40, history_differs{no_lsn, lsn{16}});
  pruned.primary_oldest = lsn{10};
  pruned.agreed_digest = {};
  EXPECT_EQ(outcome(pruned), "rewind 0 0 parted at 16");
  auto unproven = passed_over(40, position_pruned{});
  unproven.primary_oldest = lsn{50};
  unproven.agreed_digest = {};
  EXPECT_EQ(outcome(unproven), "rewind 0 0");
}

TEST(plan_resume, is_told_to_a_person) {
  EXPECT_EQ(to_string(plan_resume(deposed(40, history_differs{lsn{20}}))), "rewind to 30");
}

} // namespace
} // namespace sluice::replication
