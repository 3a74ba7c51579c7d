#include "persistence/verify.hpp"
#include "test/simulation/cluster_fixture.hpp"

/// Replicas that come back to a primary that has pruned what they need.
namespace sluice::test {

namespace {

using power = simulated_cluster::power;

cluster_choices without_members() {
  cluster_choices choices;
  choices.has_members = false;
  return choices;
}

struct pruned_cluster : cluster_fixture {
  pruned_cluster() : cluster_fixture(without_members()) {}

  /// Takes away what the primary may lose while it is down.
  void prune(lsn through) {
    cluster.crash(0, power::kept);
    machine tools;
    auto log = persistence::spool::open(cluster.disk(0), data_directory, spool_options(),
                                        {cluster_id}, {&tools.wall, &tools.random});
    ASSERT_TRUE(log) << describe(log.error());
    auto oldest = (*log)->prune_through(through);
    ASSERT_TRUE(oldest);
    ASSERT_GT(*oldest, lsn{1});
    ASSERT_FALSE((*log)->close());
    log->reset();
    ASSERT_FALSE(cluster.start(0));
  }

  std::string cluster_id;
};

TEST_F(pruned_cluster, takes_back_a_replica_that_was_away_for_long_and_one_that_was_wiped) {
  cluster.connect(1);
  cluster.connect(2);
  append(5);
  catch_up();
  auto status = cluster.status();
  ASSERT_TRUE(status);
  cluster_id = status->cluster;
  cluster.crash(1, power::lost);
  cluster.crash(2, power::kept);
  append(100);
  prune(lsn{80});
  // The second one comes back under its name, without a file.
  for (const auto& file : cluster.disk(2).files())
    cluster.disk(2).erase(file);
  ASSERT_FALSE(cluster.start(1));
  ASSERT_FALSE(cluster.start(2));
  catch_up();
  expect_equal(1);
  expect_equal(2);
  auto after = cluster.status();
  ASSERT_TRUE(after);
  EXPECT_EQ(after->full_resync_total, 2u);
  for (const auto& replica : after->replicas)
    EXPECT_FALSE(replica.rebootstrapping) << replica.id;
  append(5);
  catch_up();
  expect_equal(1);
  EXPECT_FALSE(*cluster.disk(1).exists(data_directory / "discarded"));
}

TEST_F(pruned_cluster, takes_back_a_replica_that_loses_its_power_while_it_begins_anew) {
  cluster.connect(1);
  append(5);
  catch_up();
  cluster_id = cluster.status()->cluster;
  cluster.crash(1, power::kept);
  append(100);
  prune(lsn{80});
  for (std::uint64_t at = 1; at < 60; ++at) {
    ASSERT_FALSE(cluster.start(1)) << "after a crash at change " << at - 1;
    cluster.disk(1).power_off_at(at);
    go_on(10);
    cluster.crash(1, power::lost);
  }
  ASSERT_FALSE(cluster.start(1));
  catch_up();
  expect_equal(1);
}

} // namespace

} // namespace sluice::test
