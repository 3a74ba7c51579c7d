#include "replication/promote_rule.hpp"
#include "test/replication/rule_builders.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

using namespace testing;

history_end end_at(std::uint64_t last_term, std::uint64_t flushed) {
  return {term{last_term}, lsn{flushed}};
}

/// It has followed term 4, granted 6 to `a`, and holds LSN 100 of term 4.
const grantor_facts grantor{"c", term{4}, term{6}, "a", end_at(4, 100)};

grant_verdict ask(const std::string& candidate, std::uint64_t wanted, history_end end,
                  bool forced = false) {
  return judge_grant({"c", candidate, term{wanted}, end, forced}, grantor);
}

grant_verdict refused(grant_refusal reason, std::uint64_t known = 0) {
  return grant_refused{reason, term{known}};
}

TEST(judge_grant, takes_a_newer_term_of_a_candidate_that_has_as_much) {
  EXPECT_EQ(ask("b", 7, end_at(4, 100)), grant_verdict(granted{}));
  EXPECT_EQ(ask("b", 9, end_at(5, 10)), grant_verdict(granted{}));
}

TEST(judge_grant, gives_one_term_to_one_candidate) {
  EXPECT_EQ(ask("b", 6, end_at(4, 100)), refused(grant_refusal::fenced, 6));
  EXPECT_EQ(ask("a", 6, end_at(4, 100)), grant_verdict(granted{}));
}

TEST(judge_grant, gives_a_term_that_it_has_only_heard_of) {
  grantor_facts heard{"c", term{4}, term{6}, "", end_at(4, 100)};
  EXPECT_EQ(judge_grant({"c", "b", term{6}, end_at(4, 100), false}, heard),
            grant_verdict(granted{}));
}

TEST(judge_grant, refuses_a_term_that_is_not_newer) {
  EXPECT_EQ(ask("b", 5, end_at(4, 100)), refused(grant_refusal::fenced, 6));
  EXPECT_EQ(ask("a", 4, end_at(4, 100)), refused(grant_refusal::fenced, 6));
}

TEST(judge_grant, refuses_a_term_that_it_follows_already_even_to_who_got_it) {
  grantor_facts follower{"c", term{6}, term{6}, "a", end_at(4, 100)};
  EXPECT_EQ(judge_grant({"c", "a", term{6}, end_at(4, 100), false}, follower),
            refused(grant_refusal::fenced, 6));
}

// A newer term does not stand in for records.
TEST(judge_grant, refuses_who_lacks_what_it_holds_unless_forced) {
  EXPECT_EQ(ask("b", 9999, end_at(4, 99)), refused(grant_refusal::behind_watermark));
  EXPECT_EQ(ask("b", 9999, end_at(3, 1000)), refused(grant_refusal::behind_watermark));
  EXPECT_EQ(ask("b", 7, end_at(4, 99), true), grant_verdict(granted{}));
}

// It may be a member's disk that was replaced: what that had acknowledged nobody knows (decision
// 7).
TEST(judge_grant, is_nothing_that_a_new_node_gives_unless_forced) {
  grantor_facts fresh{"c", term{4}, {}, "", end_at(0, 10), true};
  EXPECT_EQ(judge_grant({"c", "b", term{7}, end_at(4, 100), false}, fresh),
            refused(grant_refusal::not_caught_up));
  EXPECT_EQ(judge_grant({"c", "b", term{7}, end_at(4, 100), true}, fresh),
            grant_verdict(granted{}));
}

TEST(judge_grant, refuses_another_cluster) {
  EXPECT_EQ(judge_grant({"d", "b", term{7}, end_at(4, 100), true}, grantor),
            refused(grant_refusal::wrong_cluster));
}

promotion_facts candidate(bool forced = false, std::uint64_t required = 0) {
  return {"a", term{7}, end_at(4, 100), lsn{required}, forced};
}

grant_report yes(const std::string& id, std::uint64_t flushed = 100) {
  return {id, true, false, term{7}, end_at(4, flushed)};
}

grant_report no(const std::string& id, std::uint64_t known, std::uint64_t flushed = 100) {
  return {id, false, known >= 7, term{known}, end_at(4, flushed)};
}

promotion_verdict judge(const std::string& declared, const promotion_facts& who,
                        const std::vector<grant_report>& reports) {
  return judge_promotion(members_of(declared), who, reports);
}

TEST(judge_promotion, needs_a_strict_majority_of_the_members) {
  EXPECT_EQ(judge("a,b,c", candidate(), {}),
            promotion_verdict(promotion_without_majority{1, 2, {"b", "c"}}));
  EXPECT_EQ(judge("a,b,c", candidate(), {yes("b")}), promotion_verdict(promotion_won{{}, {"c"}}));
  EXPECT_EQ(judge("a,b,c,d", candidate(), {yes("b")}),
            promotion_verdict(promotion_without_majority{2, 3, {"c", "d"}}));
  EXPECT_EQ(judge("a,b,c", candidate(), {yes("x"), yes("y")}),
            promotion_verdict(promotion_without_majority{1, 2, {"b", "c"}}));
}

TEST(judge_promotion, refuses_who_is_no_declared_member_even_forced) {
  EXPECT_EQ(judge("b,c,d", candidate(), {yes("b"), yes("c"), yes("d")}),
            promotion_verdict(promotion_of_stranger{}));
  EXPECT_EQ(judge("b,c,d", candidate(true), {yes("b"), no("c", 9)}),
            promotion_verdict(promotion_of_stranger{}));
}

TEST(judge_promotion, counts_a_member_once) {
  EXPECT_EQ(judge("a,b,c,d,e", candidate(), {yes("b"), yes("b"), yes("a")}),
            promotion_verdict(promotion_without_majority{2, 3, {"c", "d", "e"}}));
}

TEST(judge_promotion, is_fenced_by_a_higher_term_and_by_another_of_its_own_even_forced) {
  EXPECT_EQ(judge("a,b,c", candidate(), {yes("b"), no("c", 8)}),
            promotion_verdict(promotion_fenced{"c", term{8}}));
  EXPECT_EQ(judge("a,b,c", candidate(true), {no("c", 7)}),
            promotion_verdict(promotion_fenced{"c", term{7}}));
}

TEST(judge_promotion, yields_to_a_grantor_that_got_more_before_it_stopped) {
  EXPECT_EQ(judge("a,b,c", candidate(), {yes("b", 101)}),
            promotion_verdict(promotion_behind{"b", end_at(4, 101)}));
}

TEST(judge_promotion, holds_the_operator_to_the_lsn_that_was_asked_for) {
  EXPECT_EQ(judge("a,b,c", candidate(false, 101), {yes("b")}),
            promotion_verdict(promotion_behind{"", end_at(4, 100)}));
  EXPECT_EQ(judge("a,b,c", candidate(false, 100), {yes("b")}),
            promotion_verdict(promotion_won{{}, {"c"}}));
}

TEST(judge_promotion, that_is_forced_says_what_it_leaves_behind) {
  EXPECT_EQ(judge("a,b,c", candidate(true), {no("b", 6, 130)}),
            promotion_verdict(promotion_won{{"b"}, {"b", "c"}}));
}

TEST(judge_promotion, without_members_takes_the_operators_word_but_for_who_is_ahead) {
  EXPECT_EQ(judge("", candidate(), {}), promotion_verdict(promotion_won{}));
  EXPECT_EQ(judge("", candidate(), {yes("b", 120)}),
            promotion_verdict(promotion_behind{"b", end_at(4, 120)}));
  EXPECT_EQ(judge("", candidate(), {no("b", 9)}),
            promotion_verdict(promotion_fenced{"b", term{9}}));
}

TEST(next_term, is_newer_than_all_that_is_known) {
  EXPECT_EQ(next_term(term{3}, term{5}, {no("b", 9), no("c", 2)}), term{10});
  EXPECT_EQ(next_term(term{3}, term{}, {}), term{4});
}

TEST(next_term, comes_behind_those_that_are_skipped) {
  EXPECT_EQ(next_term(term{3}, term{5}, {no("b", 9)}, 6), term{16});
}

TEST(terms_to_skip, is_none_where_a_majority_decides) {
  auto three = *members::make({"a", "b", "c"});
  EXPECT_EQ(terms_to_skip(three, false, 77), 0u);
  EXPECT_EQ(terms_to_skip(three, true, 77), 77u);
  EXPECT_EQ(terms_to_skip(members{}, false, 77), 77u);
}

TEST(terms_to_skip, is_bounded) {
  EXPECT_EQ(terms_to_skip(members{}, false, UINT64_MAX), terms_skipped_max - 1);
  EXPECT_EQ(terms_to_skip(members{}, false, terms_skipped_max), 0u);
}

} // namespace
} // namespace sluice::replication
