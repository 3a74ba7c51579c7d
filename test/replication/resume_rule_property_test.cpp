#include "replication/history_proof.hpp"
#include "replication/resume_rule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

/// The plan against a model that knows both histories whole.
namespace sluice::replication {
namespace {

/// One record of a history: on which timeline, and which of several that could stand there.
struct entry {
  std::uint64_t timeline = 1;
  std::uint64_t content = 0;
  friend bool operator==(const entry&, const entry&) = default;
};
using history = std::vector<entry>;

struct world {
  history primary;
  history replica;
  std::vector<timeline_fork> timelines;
  timeline_id replica_timeline{1};
  lsn oldest{1};
  lsn replica_oldest{1};
  replica_content content = replica_content::log_only;
  slot claim;

  /// How many records both begin with.
  std::uint64_t common() const {
    auto [a, b] = std::mismatch(primary.begin(), primary.end(), replica.begin(), replica.end());
    return static_cast<std::uint64_t>(a - primary.begin());
  }

  point_verdict judge(lsn at) const {
    if (at < previous(oldest))
      return point_verdict::pruned;
    if (at.value > primary.size())
      return point_verdict::past_end;
    return at.value <= common() ? point_verdict::same : point_verdict::differs;
  }

  resume_facts facts() const {
    std::vector<judged_point> points;
    lsn flushed{replica.size()};
    for (auto at : positions_to_prove(replica_oldest, flushed))
      points.push_back({at, judge(at)});
    return {flushed,
            replica_timeline,
            match_of(points),
            oldest,
            lsn{primary.size()},
            timelines.back().id,
            content,
            &claim,
            timelines};
  }
};

class world_maker {
public:
  explicit world_maker(std::uint64_t seed) : random_(seed) {}

  world make() {
    world x;
    grow_primary(x);
    auto shared = pick(x.primary.size() + 1);
    auto is_tail_its_own = pick(3) == 0;
    // A deposed primary's tail begins where its timeline was left; only on the newest one may
    // a primary have lost records and written others.
    while (is_tail_its_own && shared < x.primary.size()
           && x.primary[shared].timeline == (shared == 0 ? 1 : x.primary[shared - 1].timeline)
           && x.primary[shared].timeline != x.timelines.back().id.value)
      ++shared;
    x.replica.assign(x.primary.begin(), x.primary.begin() + static_cast<std::ptrdiff_t>(shared));
    x.replica_timeline = timeline_id{x.replica.empty() ? 1 : x.replica.back().timeline};
    if (is_tail_its_own)
      for (auto extra = 1 + pick(40); extra > 0; --extra)
        x.replica.push_back({x.replica_timeline.value, 1 + pick(2)});
    else if (pick(3) == 0)
      x.replica_timeline = x.timelines.back().id;
    x.oldest = lsn{1 + pick(x.primary.size() + 1)};
    x.replica_oldest = lsn{1 + pick(x.replica.size() + 1)};
    constexpr replica_content contents[] = {replica_content::log_only,
                                            replica_content::applied_state,
                                            replica_content::replaceable_state};
    x.content = contents[pick(3)];
    x.claim.restart_lsn = x.claim.confirmed_flush_lsn = lsn{pick(200)};
    if (pick(2) == 0)
      x.claim.invalidated = slot_invalidation{invalidation_cause::horizon, {}};
    return x;
  }

private:
  std::uint64_t pick(std::uint64_t count) { return random_() % count; }

  void grow_primary(world& x) {
    x.timelines = {{timeline_id{1}, {}, {}}};
    for (std::uint64_t timeline = 1, last = 1 + pick(3); timeline <= last; ++timeline) {
      if (timeline > 1)
        x.timelines.push_back(
            {timeline_id{timeline}, timeline_id{timeline - 1}, lsn{x.primary.size()}});
      for (auto records = pick(80); records > 0; --records)
        x.primary.push_back({timeline, 0});
    }
  }

  std::mt19937_64 random_;
};

void expect_sound(const world& x) {
  auto plan = plan_resume(x.facts());
  auto flushed = lsn{x.replica.size()};
  auto is_prefix = x.common() == x.replica.size();
  auto is_kept = next(flushed) >= x.oldest;
  if (const auto* stream = std::get_if<stream_from>(&plan)) {
    EXPECT_EQ(stream->after, flushed);
    EXPECT_TRUE(is_prefix) << "another history was merged";
    EXPECT_TRUE(is_kept) << "records were skipped";
  } else if (const auto* anew = std::get_if<rebootstrap_from>(&plan)) {
    EXPECT_EQ(anew->start, x.oldest);
    EXPECT_EQ(x.content, replica_content::log_only);
    EXPECT_FALSE(is_kept) << "a log was thrown away that could go on";
    EXPECT_LE(flushed.value, x.primary.size()) << "a log was thrown away that is ahead";
    EXPECT_EQ(anew->cause,
              x.claim.invalidated ? invalidation_cause::horizon : invalidation_cause::wal_removed);
  } else if (const auto* snapshot = std::get_if<snapshot_from>(&plan)) {
    EXPECT_EQ(x.content, replica_content::replaceable_state);
    EXPECT_FALSE(is_kept) << "a state was thrown away that could go on";
    EXPECT_GE(next(snapshot->at_least), x.oldest) << "nothing follows it";
  } else if (const auto* rewind = std::get_if<rewind_to>(&plan)) {
    EXPECT_LT(rewind->through, flushed);
    EXPECT_LE(rewind->through.value, x.common()) << "a tail was left that is not the primary's";
    EXPECT_FALSE(is_prefix) << "a prefix was cut";
    EXPECT_NE(x.replica_timeline, x.timelines.back().id);
  } else {
    const auto& rejected = std::get<resume_rejected>(plan);
    EXPECT_LE(rejected.agreed_through.value, x.common());
    if (rejected.reason == resume_refusal::needs_snapshot) {
      EXPECT_FALSE(is_kept);
      EXPECT_EQ(x.content, replica_content::applied_state);
    } else {
      EXPECT_FALSE(is_prefix) << "a prefix was refused as " << rejected.text;
    }
  }
  if (is_prefix && is_kept) {
    EXPECT_TRUE(std::holds_alternative<stream_from>(plan)) << to_string(plan);
  }
}

TEST(plan_resume_property, agrees_with_a_model_that_knows_both_histories) {
  for (std::uint64_t seed = 1; seed <= 20'000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_sound(world_maker{seed}.make());
  }
}

} // namespace
} // namespace sluice::replication
