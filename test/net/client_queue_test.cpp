#include "net/client_queue.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace {

using namespace sluice;
using namespace std::chrono_literals;
using replication::monotonic_ns;

using answers = std::vector<append_outcome>;

class recorded_append final : public messages::pending_append {
public:
  recorded_append(append request, std::shared_ptr<answers> out)
      : pending_append(std::move(request)), out_(std::move(out)) {}
  ~recorded_append() override { abandon(); }

private:
  void deliver(append_outcome outcome) override { out_->push_back(std::move(outcome)); }
  std::shared_ptr<answers> out_;
};

class client_queue_test : public ::testing::Test {
protected:
  static constexpr std::uint64_t credit = 100;
  static constexpr std::uint64_t message = 50;

  void add(std::size_t bytes, monotonic_ns deadline = monotonic_ns{1'000'000'000}) {
    append request{{payload{std::string(bytes, 'x')}}, {}};
    queue.add(std::make_shared<recorded_append>(std::move(request), answered), deadline);
  }

  std::vector<std::uint64_t> take() {
    std::vector<std::uint64_t> tickets;
    for (const auto& item : queue.take(credit, message, monotonic_ns{0}).items)
      tickets.push_back(item.ticket);
    return tickets;
  }

  std::shared_ptr<answers> answered = std::make_shared<answers>();
  net::client_queue queue;
};

using tickets = std::vector<std::uint64_t>;

TEST_F(client_queue_test, sends_in_order_within_the_message_size) {
  add(30);
  add(20);
  add(10);
  EXPECT_EQ(take(), (tickets{1, 2}));
  EXPECT_EQ(take(), (tickets{3}));
}

TEST_F(client_queue_test, never_has_more_in_flight_than_the_credit) {
  for (int i = 0; i < 4; ++i)
    add(40);
  EXPECT_EQ(take(), (tickets{1}));
  EXPECT_EQ(take(), (tickets{2}));
  EXPECT_EQ(take(), tickets{});
  EXPECT_EQ(queue.in_flight_bytes(), 80u);
  queue.answer(1, committed{});
  EXPECT_EQ(take(), (tickets{3}));
}

TEST_F(client_queue_test, one_append_larger_than_the_credit_may_be_in_flight) {
  add(1000);
  add(1);
  EXPECT_EQ(take(), (tickets{1}));
  EXPECT_EQ(take(), tickets{});
}

TEST_F(client_queue_test, everything_unanswered_is_sent_again_after_a_broken_link) {
  add(10);
  add(10);
  take();
  queue.answer(1, committed{});
  queue.send_all_again();
  EXPECT_EQ(queue.in_flight_bytes(), 0u);
  EXPECT_EQ(take(), (tickets{2}));
}

TEST_F(client_queue_test, a_late_answer_over_the_old_link_counts_and_frees_no_credit_twice) {
  add(10);
  take();
  queue.send_all_again();
  queue.answer(1, committed{});
  EXPECT_EQ(answered->size(), 1u);
  EXPECT_EQ(queue.in_flight_bytes(), 0u);
  EXPECT_EQ(take(), tickets{});
}

TEST_F(client_queue_test, a_refusal_after_an_uncertain_try_is_not_called_unwritten) {
  add(10);
  take();
  queue.send_all_again();
  take();
  queue.answer(1, append_failed{errc::log_failed, "latched", {}});
  ASSERT_EQ(answered->size(), 1u);
  EXPECT_TRUE(std::holds_alternative<outcome_unknown>(answered->front()));
}

TEST_F(client_queue_test, what_was_never_sent_is_unreachable_at_its_deadline_without_grace) {
  add(10, monotonic_ns{100});
  queue.expire(monotonic_ns{99}, 1s, "no route");
  EXPECT_TRUE(answered->empty());
  queue.expire(monotonic_ns{100}, 1s, "no route");
  ASSERT_EQ(answered->size(), 1u);
  EXPECT_EQ(std::get<append_failed>(answered->front()).code, errc::unreachable);
  EXPECT_EQ(take(), tickets{});
}

TEST_F(client_queue_test, what_was_sent_is_unknown_only_after_the_grace) {
  add(10, monotonic_ns{100});
  take();
  queue.expire(monotonic_ns{200}, 1us, "silent");
  EXPECT_TRUE(answered->empty());
  queue.expire(monotonic_ns{1100}, 1us, "silent");
  ASSERT_EQ(answered->size(), 1u);
  EXPECT_TRUE(std::holds_alternative<outcome_unknown>(answered->front()));
  EXPECT_EQ(queue.in_flight_bytes(), 0u);
}

TEST_F(client_queue_test, where_a_node_said_that_it_may_stand_is_not_forgotten) {
  add(10, monotonic_ns{100});
  take();
  queue.send_again(1, outcome_unknown{{lsn{7}, lsn{7}}, "the node closed"});
  take();
  queue.expire(monotonic_ns{5000}, 1us, "silent");
  ASSERT_EQ(answered->size(), 1u);
  EXPECT_EQ(std::get<outcome_unknown>(answered->front()).records, (lsn_range{lsn{7}, lsn{7}}));
}

TEST_F(client_queue_test, a_retry_carries_the_time_that_is_left) {
  add(10, monotonic_ns{50'000'000});
  auto sent = queue.take(credit, message, monotonic_ns{20'000'000});
  ASSERT_EQ(sent.items.size(), 1u);
  EXPECT_EQ(sent.items.front().what.options.timeout, 30ms);
}

TEST_F(client_queue_test, an_append_is_answered_once) {
  add(10);
  take();
  queue.answer(1, committed{});
  queue.answer(1, append_failed{errc::closed, "", {}});
  EXPECT_EQ(answered->size(), 1u);
}

} // namespace
