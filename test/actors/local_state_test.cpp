#include "test/actors/slot_fixture.hpp"

/// An embedder's state on a primary: when it is given which records.
namespace sluice::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class recorded_state final : public applier {
public:
  caf::error open(const std::filesystem::path&) override { return opening_fails; }
  lsn applied() override { return through; }
  caf::error apply(std::span<const record> records) override {
    if (fails)
      return make_error(errc::io_error, "told to fail");
    EXPECT_EQ(records.front().lsn, next(through));
    through = records.back().lsn;
    return {};
  }

  lsn through;
  bool fails = false;
  caf::error opening_fails;
};

struct primary_with_state {
  explicit primary_with_state(primary_choices choices = {})
      : primary([&] {
        choices.applier = state;
        return choices;
      }()) {}

  /// Asks for the position once it has applied through `at`.
  caf::expected<messages::read_reply> read_at(lsn at) {
    messages::read_request request;
    request.at = {timeline_id{1}, term{1}, at};
    return primary.node().ask<messages::read_reply>(primary.actors().reader, request);
  }

  std::shared_ptr<recorded_state> state = std::make_shared<recorded_state>();
  primary_under_test primary;
};

TEST(state_of_a_primary, is_given_what_is_durable_when_there_are_no_members) {
  primary_with_state x;
  x.primary.fill(3);
  EXPECT_EQ(x.state->through, lsn{3});
  x.primary.fill(2);
  EXPECT_EQ(x.state->through, lsn{5});
}

TEST(state_of_a_primary, is_given_only_what_has_committed_when_there_are_members) {
  primary_choices choices;
  choices.members = {primary_name, "r1", "r2"};
  primary_with_state x{choices};
  scripted_peer peer{x.primary.node()};
  attach(peer, x.primary, "r1");
  for (int i = 0; i < 4; ++i)
    x.primary.append_now(append_of({"x"}));
  EXPECT_EQ(x.state->through, no_lsn);
  peer.ack(lsn{3});
  x.primary.node().advance(milliseconds{20});
  EXPECT_EQ(x.state->through, lsn{3});
}

TEST(state_of_a_primary, that_fails_is_given_the_same_again) {
  primary_with_state x;
  x.state->fails = true;
  x.primary.fill(3);
  EXPECT_EQ(x.state->through, no_lsn);
  x.state->fails = false;
  x.primary.node().advance(seconds{2});
  EXPECT_EQ(x.state->through, lsn{3});
}

TEST(state_of_a_primary, goes_on_where_it_was_after_a_restart) {
  primary_with_state x;
  x.primary.fill(3);
  x.state->fails = true;
  x.primary.fill(3);
  x.primary.restart();
  EXPECT_EQ(x.state->through, lsn{3});
  x.state->fails = false;
  x.primary.node().advance(seconds{2});
  EXPECT_EQ(x.state->through, lsn{6});
}

TEST(state_of_a_primary, is_waited_for_by_those_who_read_their_writes) {
  primary_with_state x;
  x.primary.fill(2);
  auto served = x.read_at(lsn{2});
  ASSERT_TRUE(served);
  EXPECT_EQ(served->code, errc::ok);
  x.state->fails = true;
  x.primary.fill(1);
  auto early = x.read_at(lsn{3});
  ASSERT_TRUE(early);
  EXPECT_EQ(early->code, errc::timed_out) << "durable, but not applied";
  EXPECT_EQ(early->applied.lsn, lsn{2});
}

TEST(state_of_a_primary, is_told_in_the_status_as_far_as_it_is) {
  primary_with_state x;
  x.primary.fill(2);
  EXPECT_EQ(x.primary.status().applied, lsn{2});
  x.state->fails = true;
  x.primary.fill(1);
  EXPECT_EQ(x.primary.status().durable, lsn{3});
  EXPECT_EQ(x.primary.status().applied, lsn{2}) << "durable, but not applied";
}

TEST(state_of_a_primary, keeps_the_log_that_it_has_not_got_yet) {
  primary_with_state x{small_log()};
  scripted_peer peer{x.primary.node()};
  attach(peer, x.primary, "r1");
  x.state->fails = true;
  x.primary.fill(300);
  peer.ack(lsn{300});
  x.primary.node().advance(seconds{5});
  EXPECT_EQ(x.primary.status().oldest, lsn{1});
  x.state->fails = false;
  x.primary.node().advance(seconds{5});
  EXPECT_EQ(x.state->through, lsn{300});
  EXPECT_GT(x.primary.status().oldest, lsn{1});
}

} // namespace
} // namespace sluice::test
