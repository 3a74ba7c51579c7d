#include "replication/fork_search.hpp"

#include "replication/history_proof.hpp"

#include <gtest/gtest.h>

#include <algorithm>

/// Where two histories part, found by question and answer.
namespace sluice::replication {
namespace {

/// A primary whose history is the replica's through `fork`, and which keeps what is behind `kept`.
struct two_histories {
  lsn fork;
  lsn kept = {};
  /// Where the replica's batches end, ascending; empty: each record is one.
  std::vector<lsn> ends = {};

  lsn boundary(lsn wanted) const {
    if (ends.empty())
      return wanted;
    auto behind = std::upper_bound(ends.begin(), ends.end(), wanted);
    return behind == ends.begin() ? no_lsn : *std::prev(behind);
  }

  history_match judge(const std::vector<lsn>& positions) const {
    std::vector<judged_point> points;
    for (auto wanted : positions) {
      auto at = boundary(wanted);
      if (at == no_lsn || (!points.empty() && points.back().at >= at))
        continue;
      points.push_back({at, at < kept    ? point_verdict::pruned
                            : at <= fork ? point_verdict::same
                                         : point_verdict::differs});
    }
    return match_of(points);
  }
};

struct outcome {
  lsn through;
  int questions = 0;
};

outcome search(const two_histories& both, lsn oldest, lsn flushed) {
  fork_search search;
  auto positions = positions_to_prove(oldest, flushed);
  for (int questions = 1;; ++questions) {
    auto match = both.judge(positions);
    const auto* differs = std::get_if<history_differs>(&match);
    if (differs == nullptr || questions > 100)
      return {no_lsn, -1};
    if (!search.goes_on_with(term{3}, {differs->agreed_through, differs->parted_at}, oldest))
      return {differs->agreed_through, questions};
    positions = positions_within(*search.range(), oldest, flushed);
    EXPECT_LE(positions.size(), 53u);
    EXPECT_TRUE(std::is_sorted(positions.begin(), positions.end()));
    EXPECT_EQ(positions.back(), flushed);
  }
}

TEST(fork_search, finds_every_fork_of_a_log) {
  for (std::uint64_t fork = 0; fork < 3000; ++fork) {
    auto found = search({lsn{fork}}, lsn{1}, lsn{3000});
    ASSERT_EQ(found.through, lsn{fork});
    ASSERT_LE(found.questions, 5) << fork;
  }
}

TEST(fork_search, takes_few_questions_for_the_longest_log) {
  for (auto fork : {lsn{0}, lsn{1}, lsn{12345678901}, lsn{UINT64_MAX / 2}, lsn{UINT64_MAX - 1}}) {
    auto found = search({fork}, lsn{1}, lsn{UINT64_MAX});
    EXPECT_EQ(found.through, fork);
    EXPECT_LE(found.questions, 14);
  }
}

TEST(fork_search, ends_where_a_batch_does) {
  two_histories both{no_lsn, no_lsn, {}};
  for (std::uint64_t end = 7; end < 20'000; end += 1 + end * 7919 % 700)
    both.ends.push_back(lsn{end});
  for (std::size_t i = 0; i + 1 < both.ends.size(); ++i) {
    both.fork = both.ends[i];
    EXPECT_EQ(search(both, lsn{1}, both.ends.back()).through, both.fork);
  }
}

TEST(fork_search, ends_where_the_other_one_keeps_no_more) {
  EXPECT_EQ(search({lsn{500}, lsn{400}}, lsn{1}, lsn{3000}).through, lsn{500});
  EXPECT_EQ(search({lsn{500}, lsn{600}}, lsn{1}, lsn{3000}).through, no_lsn);
}

TEST(fork_search, ends_before_a_log_that_shares_nothing) {
  auto found = search({lsn{500}}, lsn{801}, lsn{3000});
  EXPECT_EQ(found.through, no_lsn);
  EXPECT_EQ(found.questions, 1);
}

TEST(fork_search, begins_again_with_another_primary) {
  fork_search search;
  ASSERT_TRUE(search.goes_on_with(term{3}, {lsn{10}, lsn{100}}, lsn{1}));
  EXPECT_TRUE(search.goes_on_with(term{4}, {lsn{5}, lsn{100}}, lsn{1}));
  EXPECT_FALSE(search.goes_on_with(term{4}, {lsn{4}, lsn{100}}, lsn{1})) << "it is no narrower";
  EXPECT_FALSE(search.range());
  EXPECT_FALSE(search.goes_on_with(term{4}, {lsn{10}, no_lsn}, lsn{1})) << "it is exact";
}

} // namespace
} // namespace sluice::replication
