#include "replication/snapshot_rule.hpp"

#include <gtest/gtest.h>

/// The chunks of a snapshot on their way to a replica.
namespace sluice::replication {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

monotonic_ns at(std::uint64_t seconds) {
  return monotonic_ns{seconds * second};
}

snapshot_transfer chunks_of_ten(std::size_t count, std::uint64_t window,
                                std::uint64_t bytes_per_second = 0) {
  snapshot_transfer x{std::vector<std::uint64_t>(count, 10), {window, bytes_per_second}};
  x.resume(0, at(1));
  return x;
}

/// Sends what may be sent now. @returns how many
std::size_t send_all(snapshot_transfer& x, monotonic_ns now) {
  std::size_t count = 0;
  for (; std::holds_alternative<send_chunk>(x.next(now)); ++count)
    x.sent(now);
  return count;
}

TEST(snapshot_transfer, sends_chunks_in_order_within_the_window) {
  auto x = chunks_of_ten(5, 25);
  EXPECT_EQ(x.next(at(1)), snapshot_step{send_chunk{0}});
  EXPECT_EQ(send_all(x, at(1)), 2u);
  EXPECT_EQ(x.next(at(1)), snapshot_step{await_confirmation{}});
  x.confirmed(1);
  EXPECT_EQ(x.next(at(1)), snapshot_step{send_chunk{2}});
}

TEST(snapshot_transfer, sends_a_chunk_that_is_larger_than_the_window_alone) {
  auto x = chunks_of_ten(2, 5);
  EXPECT_EQ(send_all(x, at(1)), 1u);
  x.confirmed(1);
  EXPECT_EQ(send_all(x, at(1)), 1u);
}

TEST(snapshot_transfer, is_done_when_all_is_confirmed_and_not_before) {
  auto x = chunks_of_ten(2, 100);
  EXPECT_EQ(send_all(x, at(1)), 2u);
  EXPECT_EQ(x.next(at(1)), snapshot_step{await_confirmation{}});
  x.confirmed(2);
  EXPECT_EQ(x.next(at(1)), snapshot_step{all_confirmed{}});
}

TEST(snapshot_transfer, of_nothing_is_done) {
  auto x = chunks_of_ten(0, 100);
  EXPECT_EQ(x.next(at(1)), snapshot_step{all_confirmed{}});
  EXPECT_EQ(x.progress(at(1)), (snapshot_progress{0, 0, std::chrono::seconds{0}}));
}

TEST(snapshot_transfer, believes_no_confirmation_of_what_was_not_sent) {
  auto x = chunks_of_ten(3, 10);
  x.sent(at(1));
  x.confirmed(3);
  EXPECT_EQ(x.next(at(1)), snapshot_step{await_confirmation{}});
  x.confirmed(1);
  x.sent(at(1));
  x.confirmed(0);
  EXPECT_EQ(x.progress(at(1)).confirmed_bytes, 10u) << "an older one moves nothing back";
}

TEST(snapshot_transfer, goes_on_behind_what_is_staged) {
  auto x = chunks_of_ten(5, 100);
  EXPECT_EQ(send_all(x, at(1)), 5u);
  x.confirmed(1);
  x.resume(3, at(9));
  EXPECT_EQ(x.next(at(9)), snapshot_step{send_chunk{3}}) << "it staged more than it could confirm";
  x.resume(0, at(10));
  EXPECT_EQ(x.next(at(10)), snapshot_step{send_chunk{0}}) << "what it had staged was damaged";
  x.resume(99, at(11));
  EXPECT_EQ(x.next(at(11)), snapshot_step{all_confirmed{}});
}

TEST(snapshot_transfer, keeps_to_its_rate) {
  auto x = chunks_of_ten(10, 1000, 5);
  EXPECT_EQ(send_all(x, at(1)), 1u);
  EXPECT_EQ(x.next(at(1)), snapshot_step{await_time{at(3)}});
  EXPECT_EQ(send_all(x, at(3)), 1u);
  x.resume(2, at(4));
  EXPECT_EQ(x.next(at(4)), snapshot_step{await_time{at(5)}}) << "another connection is no more";
  EXPECT_EQ(send_all(x, at(60)), 1u) << "what was not used is not saved up";
}

TEST(snapshot_transfer, tells_how_long_it_will_take) {
  auto x = chunks_of_ten(10, 1000);
  EXPECT_EQ(x.progress(at(1)), (snapshot_progress{0, 100, std::nullopt}));
  send_all(x, at(1));
  x.confirmed(2);
  EXPECT_EQ(x.progress(at(5)), (snapshot_progress{20, 100, std::chrono::seconds{16}}));
  x.resume(2, at(50));
  EXPECT_EQ(x.progress(at(51)).remaining, std::nullopt) << "of this connection nothing is known";
  send_all(x, at(51));
  x.confirmed(6);
  EXPECT_EQ(x.progress(at(52)), (snapshot_progress{60, 100, std::chrono::seconds{2}}));
}

} // namespace
} // namespace sluice::replication
