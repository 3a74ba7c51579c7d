#include "test/support/primary_under_test.hpp"
#include "test/support/replica_under_test.hpp"
#include "test/support/scripted_peer.hpp"

/// Reads at a bookmark: when they are answered, and by whom.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;

messages::read_request request_at(bookmark at, milliseconds wait) {
  messages::read_request x;
  x.at = at;
  x.at_wait_ms = static_cast<std::uint64_t>(wait.count());
  return x;
}

bookmark mark(std::uint64_t through, std::uint64_t timeline = 1) {
  return {timeline_id{timeline}, term{1}, lsn{through}};
}

/// One read whose answer comes later.
class pending_read {
public:
  pending_read(local_node& node, const messages::record_reader_actor& reader,
               messages::read_request request)
      : node_(node), handle_(node.self()->request(reader, caf::infinite, request)) {
    node.run();
  }

  /// The answer, or none while there is no answer.
  std::optional<messages::read_reply> take() {
    std::optional<messages::read_reply> result;
    if (!node_.self()->has_next_message())
      return result;
    handle_.receive([&](messages::read_reply& reply) { result = std::move(reply); },
                    [](const caf::error&) {});
    return result;
  }

private:
  local_node& node_;
  caf::response_handle<
      caf::blocking_actor,
      caf::response_type_t<messages::record_reader_actor::signatures, messages::read_request>, true>
      handle_;
};

TEST(read_at_a_bookmark, is_served_at_once_when_it_is_applied) {
  primary_under_test primary;
  primary.fill(3);
  pending_read read{primary.node(), primary.actors().reader, request_at(mark(3), milliseconds{0})};
  auto reply = read.take();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->records.size(), 3u);
  EXPECT_EQ(reply->applied, mark(3));
}

// RedDB scenario 41: released by exactly the next record, not before.
TEST(read_at_a_bookmark, waits_for_the_record) {
  primary_under_test primary;
  primary.fill(3);
  pending_read read{primary.node(), primary.actors().reader,
                    request_at(mark(5), milliseconds{1000})};
  primary.node().advance(milliseconds{40});
  EXPECT_FALSE(read.take());
  primary.fill(1);
  EXPECT_FALSE(read.take());
  primary.fill(1);
  auto reply = read.take();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::ok);
  EXPECT_EQ(reply->records.size(), 5u);
}

TEST(read_at_a_bookmark, is_answered_at_its_deadline_with_how_far_the_node_is) {
  primary_under_test primary;
  primary.fill(3);
  pending_read read{primary.node(), primary.actors().reader,
                    request_at(mark(5), milliseconds{1000})};
  primary.node().advance(milliseconds{999});
  EXPECT_FALSE(read.take());
  primary.node().advance(milliseconds{1});
  auto reply = read.take();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::timed_out);
  EXPECT_EQ(reply->applied, mark(3));
  EXPECT_TRUE(reply->records.empty());
}

TEST(read_at_a_bookmark, of_another_timeline_is_refused_at_once) {
  primary_under_test primary;
  primary.fill(3);
  pending_read read{primary.node(), primary.actors().reader,
                    request_at(mark(2, 7), milliseconds{1000})};
  auto reply = read.take();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::diverged);
}

TEST(read_at_a_bookmark, for_no_records_tells_only_the_position) {
  primary_under_test primary;
  primary.fill(3);
  auto request = request_at(mark(2), milliseconds{0});
  request.records_max = 0;
  pending_read read{primary.node(), primary.actors().reader, request};
  auto reply = read.take();
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->records.empty());
  EXPECT_EQ(reply->applied, mark(3));
}

TEST(read_at_a_bookmark, waits_on_a_primary_with_members_until_it_has_committed) {
  primary_choices choices;
  choices.members = {primary_name, "r1", "r2"};
  choices.floor = policy_quorum{};
  primary_under_test primary{choices};
  scripted_peer member{primary.node()};
  member.join(primary.actors().gate, hello_of("r1"));
  member.ack(no_lsn);
  primary.append_now(append_of({"x"}));
  pending_read read{primary.node(), primary.actors().reader,
                    request_at(mark(1), milliseconds{1000})};
  EXPECT_FALSE(read.take());
  member.ack(lsn{1});
  auto reply = read.take();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::ok);
}

TEST(read_at_a_bookmark, is_answered_when_the_node_closes) {
  primary_under_test primary;
  pending_read read{primary.node(), primary.actors().reader,
                    request_at(mark(1), milliseconds{60'000})};
  primary.close();
  auto reply = read.take();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::closed);
}

// -- on a replica --------------------------------------------------------------------------

/// A question of a reader to whoever owns how far the node has applied.
class pending_position {
public:
  pending_position(local_node& node, const messages::replica_receiver_actor& receiver, lsn through,
                   milliseconds wait)
      : node_(node)
      , handle_(
            node.self()->request(receiver, caf::infinite, messages::await_applied{through, wait})) {
    node.run();
  }

  std::optional<bookmark> take() {
    std::optional<bookmark> result;
    if (!node_.self()->has_next_message())
      return result;
    handle_.receive([&](const messages::applied_position& x) { result = x.applied; },
                    [](const caf::error&) {});
    return result;
  }

private:
  local_node& node_;
  caf::response_handle<
      caf::blocking_actor,
      caf::response_type_t<messages::replica_receiver_actor::signatures, messages::await_applied>,
      true>
      handle_;
};

TEST(replica, tells_a_position_once_it_is_flushed) {
  replica_under_test replica;
  replica.attach();
  pending_position waits{replica.node(), replica.receiver(), lsn{2}, milliseconds{1000}};
  replica.stream(replica.source().make({"a"}));
  EXPECT_FALSE(waits.take());
  replica.stream(replica.source().make({"b"}));
  EXPECT_EQ(waits.take(), mark(2));
}

// RedDB scenario 105: what was received and not applied answers nobody.
TEST(replica, with_an_applier_tells_only_what_that_has_applied) {
  replica_under_test replica{with_applier::yes};
  replica.attach();
  replica.fail_applier(true);
  pending_position waits{replica.node(), replica.receiver(), lsn{1}, milliseconds{50}};
  replica.stream(replica.source().make({"a"}));
  EXPECT_FALSE(waits.take());
  replica.node().advance(milliseconds{50});
  EXPECT_EQ(waits.take(), mark(0)) << "the deadline";
  replica.fail_applier(false);
  pending_position again{replica.node(), replica.receiver(), lsn{1}, milliseconds{60'000}};
  replica.node().advance(milliseconds{30'000});
  EXPECT_EQ(again.take(), mark(1));
}

TEST(waiting, sets_one_timer_for_the_earliest_deadline) {
  primary_under_test primary;
  primary.fill(1);
  primary.node().advance(milliseconds{200});
  std::vector<std::unique_ptr<pending_read>> reads;
  for (int i = 1; i <= 10; ++i) {
    messages::read_request request;
    request.after = lsn{1};
    request.wait_ms = static_cast<std::uint64_t>(i) * 10'000;
    reads.push_back(
        std::make_unique<pending_read>(primary.node(), primary.actors().reader, request));
  }
  auto ran = primary.node().run();
  EXPECT_EQ(ran, 0u);
  EXPECT_FALSE(primary.node().has_message(primary.actors().buffer));
  primary.node().advance(milliseconds{9'999});
  EXPECT_FALSE(reads[0]->take());
  primary.node().advance(milliseconds{1});
  EXPECT_TRUE(reads[0]->take());
}

} // namespace

} // namespace sluice::test
