#include "test/support/primary_under_test.hpp"

/// What readers are given of the log, and when.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;

/// One read whose answer comes later.
class pending_read {
public:
  pending_read(primary_under_test& primary, messages::read_request request)
      : primary_(primary)
      , handle_(primary.node().self()->request(primary.actors().reader, caf::infinite, request)) {
    primary.node().run();
  }

  /// The answer, or none while there is no answer.
  std::optional<messages::read_reply> take() {
    std::optional<messages::read_reply> result;
    if (!primary_.node().self()->has_next_message())
      return result;
    handle_.receive([&](messages::read_reply& reply) { result = std::move(reply); },
                    [](const caf::error&) {});
    return result;
  }

private:
  primary_under_test& primary_;
  caf::response_handle<
      caf::blocking_actor,
      caf::response_type_t<messages::record_reader_actor::signatures, messages::read_request>, true>
      handle_;
};

messages::read_request request_of(lsn after, milliseconds wait = milliseconds{0}) {
  messages::read_request x;
  x.after = after;
  x.wait_ms = static_cast<std::uint64_t>(wait.count());
  return x;
}

std::vector<std::string> texts(const std::vector<record>& records) {
  std::vector<std::string> all;
  for (const auto& x : records)
    all.emplace_back(x.bytes.view());
  return all;
}

TEST(reader, is_given_what_the_buffer_holds) {
  primary_under_test primary;
  primary.append_now(append_of({"a", "b"}));
  primary.append_now(append_of({"c"}));
  EXPECT_EQ(texts(primary.read()), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(texts(primary.read(lsn{1})), (std::vector<std::string>{"b", "c"}));
}

// Whoever reads it, and however often, there is one allocation.
TEST(reader, shares_the_bytes_with_every_other) {
  primary_under_test primary;
  primary.append_now(append_of({"four"}));
  auto read = [&] {
    return primary.node().ask<messages::batches_read>(primary.actors().buffer,
                                                      messages::read_batches{});
  };
  auto one = read();
  auto two = read();
  ASSERT_TRUE(one && two);
  ASSERT_EQ(one->batches->size(), 1u);
  EXPECT_EQ(one->batches->front().bytes.view().data(), two->batches->front().bytes.view().data());
  EXPECT_NE(one->batches->front().bytes.view().find("four"), std::string_view::npos);
}

TEST(reader, is_given_from_disk_what_the_buffer_dropped) {
  primary_choices choices;
  choices.buffer.bytes_max = 300;
  primary_under_test primary{choices};
  primary.fill(100, 50);
  EXPECT_EQ(primary.read().size(), 100u);
}

TEST(reader, is_given_the_log_after_a_restart) {
  primary_under_test primary;
  primary.fill(10);
  primary.restart();
  primary.fill(5);
  EXPECT_EQ(primary.read().size(), 15u);
}

TEST(reader, is_told_the_oldest_lsn_also_when_it_is_served_from_disk) {
  primary_under_test primary;
  primary.fill(10);
  primary.restart();
  auto reply =
      primary.node().ask<messages::read_reply>(primary.actors().reader, request_of(lsn{4}));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->oldest, lsn{1});
  EXPECT_EQ(reply->durable, lsn{10});
}

TEST(reader, at_the_tail_is_answered_at_once_when_it_does_not_wait) {
  primary_under_test primary;
  primary.fill(1);
  auto reply =
      primary.node().ask<messages::read_reply>(primary.actors().reader, request_of(lsn{1}));
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->records.empty());
  EXPECT_EQ(reply->durable, lsn{1});
}

TEST(reader, that_waits_at_the_tail_is_woken_by_the_next_append) {
  primary_under_test primary;
  primary.fill(1);
  pending_read waits{primary, request_of(lsn{1}, milliseconds{1000})};
  primary.append_now(append_of({"woken"}));
  auto reply = waits.take();
  ASSERT_TRUE(reply);
  EXPECT_EQ(texts(reply->records), std::vector<std::string>{"woken"});
}

TEST(reader, that_waits_at_the_tail_is_answered_at_its_deadline) {
  primary_under_test primary;
  primary.fill(1);
  pending_read waits{primary, request_of(lsn{1}, milliseconds{1000})};
  primary.node().advance(milliseconds{1050});
  auto reply = waits.take();
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->records.empty());
  EXPECT_EQ(reply->code, errc::ok);
}

TEST(reader, that_waits_is_answered_when_the_node_closes) {
  primary_under_test primary;
  primary.fill(1);
  pending_read waits{primary, request_of(lsn{1}, milliseconds{10'000})};
  primary.close();
  auto reply = waits.take();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::closed);
}

TEST(reader, beyond_the_number_that_may_wait_is_refused) {
  primary_choices choices;
  choices.buffer.waits_max = 1;
  primary_under_test primary{choices};
  pending_read first{primary, request_of(no_lsn, milliseconds{1000})};
  pending_read second{primary, request_of(no_lsn, milliseconds{1000})};
  auto reply = second.take();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::overloaded);
  primary.fill(1);
  EXPECT_EQ(first.take()->records.size(), 1u);
}

TEST(reader, is_given_no_more_than_it_asked_for) {
  primary_under_test primary;
  primary.append_now(append_of({"a", "b", "c"}));
  primary.append_now(append_of({"d"}));
  auto request = request_of(no_lsn);
  request.records_max = 2;
  auto reply = primary.node().ask<messages::read_reply>(primary.actors().reader, request);
  ASSERT_TRUE(reply);
  EXPECT_EQ(texts(reply->records), (std::vector<std::string>{"a", "b"}));
  request.records_max = 1000;
  request.through = lsn{3};
  reply = primary.node().ask<messages::read_reply>(primary.actors().reader, request);
  EXPECT_EQ(reply->records.size(), 3u);
}

TEST(reader, is_given_a_record_larger_than_its_limit) {
  primary_under_test primary;
  primary.append_now(append_of({std::string(5000, 'x')}));
  auto request = request_of(no_lsn);
  request.bytes_max = 10;
  auto reply = primary.node().ask<messages::read_reply>(primary.actors().reader, request);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->records.size(), 1u);
}

TEST(reader, whose_request_could_not_be_understood_is_told_so) {
  primary_under_test primary;
  messages::read_request garbage;
  garbage.well_formed = false;
  auto reply = primary.node().ask<messages::read_reply>(primary.actors().reader, garbage);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::malformed);
}

} // namespace

} // namespace sluice::test
