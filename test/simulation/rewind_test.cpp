#include "persistence/diverged_tails.hpp"
#include "persistence/log_rewind.hpp"
#include "persistence/spool_reader.hpp"
#include "persistence/verify.hpp"
#include "test/simulation/cluster_fixture.hpp"

/// A node that comes back with records that the new primary's history does not have.
namespace sluice::test {

namespace {

using power = simulated_cluster::power;

cluster_choices one_replica() {
  cluster_choices choices;
  choices.has_members = false;
  choices.replicas = 1;
  return choices;
}

/// The replica holds 60 records; the primary that it comes back to has been promoted at `fork`,
/// from where on its records are others.
struct deposed : cluster_fixture {
  deposed() : cluster_fixture(one_replica()) {}

  lsn fork{33};
  lsn former_end{60};

  void SetUp() override {
    cluster.connect(1);
    append(60);
    catch_up();
    ASSERT_EQ(cluster.positions(1)->durable, former_end);
    cluster.crash(1, power::kept);
    cluster.crash(0, power::kept);
    promote();
    ASSERT_FALSE(cluster.start(0));
  }

  /// Makes of the primary's directory that of a node that never had what follows the fork.
  void promote() {
    machine tools;
    auto& disk = cluster.disk(0);
    persistence::node_state_store store{disk, data_directory};
    std::string warning;
    auto state = **store.load(warning);
    auto reader = persistence::spool_reader::open(disk, data_directory);
    auto at = **(*reader)->digest_at(fork, former_end);
    ASSERT_FALSE(persistence::plan_rewind(disk, data_directory, store, state, fork, at,
                                          {lsn{1}, former_end, state.term}));
    auto log = persistence::rewind_log(
        {disk, data_directory, spool_options(), {state.cluster}, {&tools.wall, &tools.random}},
        store, state);
    ASSERT_TRUE(log) << describe(log.error());
    ASSERT_FALSE((*log)->close());
    state.term = term{2};
    state.timeline = timeline_id{2};
    state.history.push_back({timeline_id{2}, timeline_id{1}, fork, at, term{2}, "n0"});
    ASSERT_FALSE(store.store(state));
  }

  void expect_equal() {
    cluster_fixture::expect_equal(1);
    auto through = cluster.positions(0)->durable;
    EXPECT_EQ(cluster.records_on_disk(1, through), cluster.records_on_disk(0, through));
  }

  void expect_tail_aside() {
    auto tails = persistence::list_diverged_tails(cluster.disk(1), data_directory);
    ASSERT_TRUE(tails) << describe(tails.error());
    ASSERT_EQ(tails->size(), 1u);
    EXPECT_EQ(tails->front().name, "1");
    EXPECT_EQ(tails->front().fork, fork);
    EXPECT_EQ(tails->front().last, former_end);
    auto kept = persistence::diverged_folder(data_directory) / "1";
    auto report = persistence::verify_log(cluster.disk(1), kept, {});
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->damages.empty());
    EXPECT_EQ(report->records, distance(fork, former_end));
  }
};

TEST_F(deposed, rejoins_without_the_tail_that_is_its_own) {
  append(5);
  ASSERT_FALSE(cluster.start(1));
  catch_up();
  expect_equal();
  expect_tail_aside();
  append(5);
  catch_up();
  expect_equal();
}

TEST_F(deposed, rejoins_when_the_new_history_is_longer) {
  append(80);
  ASSERT_FALSE(cluster.start(1));
  catch_up();
  expect_equal();
  expect_tail_aside();
}

TEST_F(deposed, rejoins_a_primary_that_has_nothing_new) {
  ASSERT_FALSE(cluster.start(1));
  catch_up();
  expect_equal();
  expect_tail_aside();
}

TEST_F(deposed, rejoins_although_it_loses_its_power_again_and_again) {
  append(5);
  for (std::uint64_t at = 1; at < 60; ++at) {
    ASSERT_FALSE(cluster.start(1)) << "after a crash at change " << at - 1;
    cluster.disk(1).power_off_at(at);
    go_on(6);
    cluster.crash(1, power::lost);
  }
  ASSERT_FALSE(cluster.start(1));
  catch_up();
  expect_equal();
  expect_tail_aside();
}

} // namespace

} // namespace sluice::test
