#include "test/actors/slot_fixture.hpp"
#include "test/support/primary_under_test.hpp"

#include <caf/event_based_actor.hpp>

#include <gtest/gtest.h>

/// A primary that stops writing so that a replica has all of its log.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A primary whose replica r1 is streamed to, and the replies to who asks it to hand over.
struct handing_over {
  explicit handing_over(primary_choices choices = {})
      : primary(std::move(choices)), replica(primary.node()) {
    attach(replica, primary, "r1");
  }

  /// As a candidate does; runs to rest.
  void ask(const std::string& candidate = "r1") {
    auto script = [this](caf::event_based_actor* self,
                         const std::string& subject) -> caf::behavior {
      self->request(primary.actors().gate, caf::infinite,
                    messages::control_request{true, control_command::prepare_handover, subject})
          .then([this](const messages::control_reply& x) { replies.push_back(x); },
                [](const caf::error&) {});
      return {[](int) {}};
    };
    asker = primary.node().keep(primary.node().system().spawn(script, candidate));
    primary.node().run();
  }

  void pass(milliseconds how_long) { primary.node().advance(how_long); }

  primary_under_test primary;
  scripted_peer replica;
  caf::actor asker;
  std::vector<messages::control_reply> replies;
};

primary_choices two_members() {
  primary_choices choices;
  choices.members = {"p", "r1", "r2"};
  choices.floor = policy_quorum{};
  return choices;
}

TEST(handover, is_answered_once_the_replica_has_everything) {
  handing_over x;
  x.primary.append_now(append_of({"a"}));
  x.ask();
  x.pass(milliseconds{10});
  EXPECT_TRUE(x.replies.empty());
  x.replica.ack(lsn{1});
  x.pass(milliseconds{10});
  ASSERT_EQ(x.replies.size(), 1u);
  EXPECT_EQ(x.replies[0].code, errc::ok) << x.replies[0].text;
  EXPECT_EQ(x.replies[0].text, "1");
}

TEST(handover, holds_appends_back_and_refuses_none) {
  handing_over x;
  x.ask();
  x.pass(milliseconds{10});
  ASSERT_EQ(x.replies.size(), 1u);
  auto waiting = x.primary.append_now(append_of({"a"}));
  EXPECT_TRUE(waiting->is_open());
  EXPECT_EQ(x.primary.positions().durable, no_lsn);
}

TEST(handover, lets_the_deadlines_of_what_waits_run) {
  handing_over x;
  x.ask();
  x.pass(milliseconds{10});
  auto hasty = append_of({"a"});
  hasty.options.timeout = milliseconds{100};
  auto waiting = x.primary.append_now(hasty);
  x.pass(milliseconds{150});
  EXPECT_EQ(waiting->code(), errc::timed_out);
  x.pass(seconds{5});
  EXPECT_EQ(x.primary.positions().durable, no_lsn);
}

TEST(handover, that_nobody_makes_use_of_ends_by_itself) {
  handing_over x;
  x.ask();
  x.pass(milliseconds{10});
  auto waiting = x.primary.append_now(append_of({"a"}));
  x.pass(milliseconds{1100});
  EXPECT_EQ(waiting->first(), lsn{1});
}

TEST(handover, ends_with_who_asked_for_it) {
  handing_over x;
  x.ask();
  x.pass(milliseconds{10});
  auto waiting = x.primary.append_now(append_of({"a"}));
  x.primary.node().kill(x.asker);
  EXPECT_EQ(waiting->first(), lsn{1});
  x.ask();
  x.replica.ack(lsn{1});
  x.pass(milliseconds{10});
  EXPECT_EQ(x.replies.size(), 2u) << "the next one is not kept out by it";
}

TEST(handover, to_a_replica_that_stands_still_is_given_up_and_writers_go_on) {
  handing_over x;
  x.primary.append_now(append_of({"a"}));
  x.ask();
  auto waiting = x.primary.append_now(append_of({"b"}));
  x.pass(milliseconds{2100});
  ASSERT_EQ(x.replies.size(), 1u);
  EXPECT_EQ(x.replies[0].code, errc::timed_out) << x.replies[0].text;
  EXPECT_EQ(waiting->first(), lsn{2});
}

TEST(handover, waits_for_commits_that_wait_for_others) {
  handing_over x;
  scripted_peer other{x.primary.node()};
  attach(other, x.primary, "r2");
  auto waiting = x.primary.append_now(append_under(policy_ack_n{2}, "a"));
  ASSERT_TRUE(waiting->is_open());
  x.ask();
  x.replica.ack(lsn{1});
  x.pass(milliseconds{20});
  EXPECT_TRUE(x.replies.empty());
  other.ack(lsn{1});
  x.pass(milliseconds{20});
  EXPECT_EQ(waiting->first(), lsn{1});
  EXPECT_EQ(x.replies.size(), 1u);
}

TEST(handover, goes_on_without_a_commit_that_takes_too_long) {
  handing_over x;
  scripted_peer other{x.primary.node()};
  attach(other, x.primary, "r2");
  auto waiting = x.primary.append_now(append_under(policy_ack_n{2}, "a"));
  x.ask();
  x.replica.ack(lsn{1});
  x.pass(milliseconds{250});
  EXPECT_EQ(x.replies.size(), 1u);
  EXPECT_TRUE(waiting->is_open());
}

TEST(handover, is_refused_to_who_may_not_or_cannot_and_nothing_is_paused) {
  handing_over x{two_members()};
  for (const auto* candidate : {"r9", "r2"}) {
    x.replies.clear();
    x.ask(candidate);
    x.pass(milliseconds{10});
    ASSERT_EQ(x.replies.size(), 1u) << candidate;
    EXPECT_NE(x.replies[0].code, errc::ok) << candidate;
  }
  x.primary.append_now(append_of({"a"}));
  EXPECT_EQ(x.primary.positions().durable, lsn{1});
}

TEST(handover, is_refused_while_another_is_under_way) {
  handing_over x;
  x.ask();
  x.pass(milliseconds{10});
  ASSERT_EQ(x.replies.size(), 1u);
  x.ask();
  ASSERT_EQ(x.replies.size(), 2u);
  EXPECT_EQ(x.replies[1].code, errc::in_use);
}

TEST(handover, does_not_hold_up_a_node_that_closes) {
  handing_over x;
  x.ask();
  x.pass(milliseconds{10});
  auto waiting = x.primary.append_now(append_of({"a"}));
  auto closed = x.primary.close();
  EXPECT_EQ(closed.failure, "");
  EXPECT_EQ(waiting->first(), lsn{1});
}

TEST(handover, ends_in_the_grant_of_the_term_after_which_nothing_is_written) {
  auto choices = two_members();
  choices.keeps_state = true;
  handing_over x{choices};
  x.ask();
  x.pass(milliseconds{10});
  auto waiting = x.primary.append_now(append_of({"a"}));
  messages::grant_request claim{true,    cluster_name, "r1",   "127.0.0.1:4199",
                                term{2}, term{1},      no_lsn, false};
  auto reply = x.primary.node().ask<messages::grant_reply>(x.primary.actors().gate, claim);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::ok) << reply->reason;
  EXPECT_EQ(waiting->code(), errc::fenced);
  x.pass(seconds{5});
  EXPECT_EQ(x.primary.positions().durable, no_lsn);
}

} // namespace

} // namespace sluice::test
