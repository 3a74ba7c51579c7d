#include "replication/hello_rule.hpp"
#include "test/replication/rule_builders.hpp"

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

using namespace testing;

std::string outcome(const hello_verdict& verdict) {
  if (const auto* rejected = std::get_if<hello_rejected>(&verdict)) {
    EXPECT_FALSE(rejected->text.empty());
    return to_string(rejected->reason);
  }
  const auto& accepted = std::get<hello_accepted>(verdict);
  std::string text = accepted.older == older_session::end_it ? "ends older, " : "";
  switch (accepted.data) {
  case replica_data::fresh: return text + "fresh";
  case replica_data::kept: return text + "kept";
  case replica_data::lost: return text + "lost";
  }
  return text;
}

std::string judge(const hello_facts& hello, const registered_replica* known = nullptr) {
  return outcome(judge_hello(hello, primary_of_c1(), known));
}

TEST(judge_hello, accepts_a_replica_of_the_cluster) {
  EXPECT_EQ(judge(hello_of()), "fresh");
}

TEST(judge_hello, accepts_a_new_replica_that_adopts_the_cluster) {
  auto hello = hello_of();
  hello.cluster = "";
  hello.term = term{};
  EXPECT_EQ(judge(hello), "fresh");
}

TEST(judge_hello, rejects_bad_names_and_a_missing_storage_id) {
  for (const auto* name : {"", ".", "..", "a/b", "a b"})
    EXPECT_EQ(judge(hello_of(name)), "malformed") << name;
  auto hello = hello_of();
  hello.region = "e/u";
  EXPECT_EQ(judge(hello), "malformed");
  EXPECT_EQ(judge(hello_of("r1", session_of(0))), "malformed");
}

TEST(judge_hello, rejects_protocols_that_it_does_not_speak) {
  auto hello = hello_of();
  hello.protocol = 2;
  EXPECT_EQ(judge(hello), "newer_protocol");
  hello.protocol = 0;
  EXPECT_EQ(judge(hello), "older_protocol");
}

TEST(judge_hello, rejects_another_cluster_before_it_believes_its_term) {
  auto hello = hello_of();
  hello.cluster = "c2";
  hello.term = term{99};
  EXPECT_EQ(judge(hello), "wrong_cluster");
  hello.cluster = "";
  EXPECT_EQ(judge(hello), "malformed");
}

TEST(judge_hello, rejects_itself_and_a_copy_of_itself) {
  EXPECT_EQ(judge(hello_of("p")), "is_primary_itself");
  EXPECT_EQ(judge(hello_of("r1", session_of(1))), "is_primary_itself");
}

TEST(judge_hello, learns_of_its_fall_from_a_higher_term) {
  auto hello = hello_of();
  hello.term = term{4};
  EXPECT_EQ(judge(hello), "fenced");
}

TEST(judge_hello, rejects_everyone_when_it_is_not_the_primary) {
  auto primary = primary_of_c1();
  primary.is_primary = false;
  EXPECT_EQ(outcome(judge_hello(hello_of(), primary, nullptr)), "not_primary");
}

TEST(judge_hello, bounds_the_replicas_but_lets_a_known_one_return) {
  auto primary = primary_of_c1();
  primary.replicas = primary.replicas_max;
  EXPECT_EQ(outcome(judge_hello(hello_of(), primary, nullptr)), "too_many_replicas");
  auto known = registered("r1", session_of(7, 1, 0));
  known.connected = false;
  EXPECT_EQ(outcome(judge_hello(hello_of(), primary, &known)), "kept");
}

TEST(judge_hello, lets_a_newer_session_of_the_same_directory_end_the_older) {
  auto known = registered("r1", session_of(7, 2, 5));
  EXPECT_EQ(judge(hello_of("r1", session_of(7, 2, 6)), &known), "ends older, kept");
  EXPECT_EQ(judge(hello_of("r1", session_of(7, 3, 1)), &known), "ends older, kept");
  EXPECT_EQ(judge(hello_of("r1", session_of(7, 2, 5)), &known), "duplicate_identity");
  EXPECT_EQ(judge(hello_of("r1", session_of(7, 1, 9)), &known), "duplicate_identity");
}

TEST(judge_hello, rejects_a_delayed_hello_of_an_ended_session) {
  auto known = registered("r1", session_of(7, 2, 5));
  known.connected = false;
  EXPECT_EQ(judge(hello_of("r1", session_of(7, 2, 6)), &known), "kept");
  EXPECT_EQ(judge(hello_of("r1", session_of(7, 2, 4)), &known), "stale_session");
}

TEST(judge_hello, rejects_a_second_directory_while_the_first_is_connected) {
  auto known = registered("r1", session_of(7, 2, 5));
  EXPECT_EQ(judge(hello_of("r1", session_of(8, 9, 9)), &known), "duplicate_identity");
  known.connected = false;
  EXPECT_EQ(judge(hello_of("r1", session_of(8, 1, 1)), &known), "lost");
}

TEST(judge_hello, sees_data_loss_in_a_position_below_what_was_acked) {
  auto known = registered("r1", session_of(7, 1, 1));
  known.at = positions_at(50, 50, 50);
  auto hello = hello_of("r1", session_of(7, 2, 1));
  hello.flushed = lsn{49};
  EXPECT_EQ(judge(hello, &known), "ends older, lost");
  hello.flushed = lsn{50};
  EXPECT_EQ(judge(hello, &known), "ends older, kept");
}

TEST(judge_hello, rejects_one_directory_under_two_names) {
  auto other = registered("r2", session_of(7));
  EXPECT_EQ(outcome(judge_hello(hello_of(), primary_of_c1(), nullptr, &other)),
            "duplicate_identity");
}

TEST(hello_refusal, has_a_name_for_each_value) {
  for (int i = 0; i <= static_cast<int>(hello_refusal::too_many_replicas); ++i)
    EXPECT_NE(to_string(static_cast<hello_refusal>(i)), "unknown") << i;
}

} // namespace
} // namespace sluice::replication
