#include "persistence/log_restart.hpp"
#include "persistence/verify.hpp"
#include "test/persistence/spool_fixture.hpp"

/// Decision 12: a log that begins anew elsewhere, and what it leaves behind.
namespace sluice::test {

namespace {

using namespace persistence;

constexpr lsn old_end{60};
constexpr lsn new_start{100};
constexpr digest before_start{42};

/// A replica's directory with a log of 60 records over several segments.
struct restarting_log : memory_log {
  explicit restarting_log(std::uint64_t seed = 1) : memory_log(seed) {
    state.node = "r";
    state.role = node_role::replica;
    EXPECT_FALSE(store().store(state));
    auto log = open();
    for (std::uint64_t i = 0; i < old_end.value; ++i)
      EXPECT_FALSE(append_next(**log));
    EXPECT_FALSE(run_chores(disk, **log));
    EXPECT_FALSE((*log)->close());
  }

  node_state_store store() { return {disk, log_directory}; }
  log_place place() { return {disk, log_directory, options, {"cluster"}, {&clock, &random}}; }

  /// As a receiver does it. @returns the new log, or why there is none yet
  caf::expected<std::unique_ptr<spool>> restart(lsn first = new_start, lsn flushed = old_end) {
    auto states = store();
    if (auto err = plan_restart(disk, log_directory, states, state, {first, before_start}, flushed))
      return err;
    return restart_log(place(), states, state);
  }

  /// As a node does it when it is opened again.
  caf::expected<std::unique_ptr<spool>> open_again() {
    std::string warning;
    auto states = store();
    auto loaded = states.load(warning);
    if (!loaded)
      return loaded.error();
    state = **loaded;
    return state.restart ? restart_log(place(), states, state) : open();
  }

  caf::error remove_discarded() {
    auto work = discarded_files(disk, log_directory);
    if (!work)
      return work.error();
    for (const auto& one : *work)
      if (auto done = run_chore(disk, one, {}); !done)
        return done.error();
    return {};
  }

  bool old_log_is_whole() {
    auto report = verify_log(disk, log_directory / "discarded", {});
    return report && report->damages.empty() && report->last == old_end;
  }

  node_state state;
};

TEST(log_restart, begins_where_it_is_told_and_keeps_the_old_log_aside) {
  restarting_log setup;
  auto log = setup.restart();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->oldest_lsn(), new_start);
  EXPECT_EQ((*log)->durable_lsn(), previous(new_start));
  EXPECT_EQ((*log)->tail_digest(), before_start);
  EXPECT_EQ(setup.state.log_start, new_start);
  EXPECT_EQ(setup.state.discarded_through, old_end);
  EXPECT_FALSE(setup.state.restart);
  EXPECT_TRUE(setup.old_log_is_whole());
  ASSERT_FALSE(append_next(**log));
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

TEST(log_restart, is_remembered_by_the_directory) {
  restarting_log setup;
  ASSERT_TRUE(setup.restart());
  setup.disk.cut_power_losing_all();
  auto log = setup.open_again();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ(setup.state.log_start, new_start);
  EXPECT_EQ((*log)->next_lsn(), new_start);
  EXPECT_EQ((*log)->tail_digest(), before_start);
}

TEST(log_restart, keeps_the_old_log_until_the_new_one_holds_a_record) {
  restarting_log setup;
  auto log = setup.restart();
  ASSERT_TRUE(log);
  EXPECT_FALSE(discarded_is_due(setup.state, (*log)->durable_lsn()));
  ASSERT_FALSE(append_next(**log));
  EXPECT_TRUE(discarded_is_due(setup.state, (*log)->durable_lsn()));
  ASSERT_FALSE(setup.remove_discarded());
  auto is_left = setup.disk.exists(log_directory / "discarded");
  ASSERT_TRUE(is_left);
  EXPECT_FALSE(*is_left);
  EXPECT_TRUE(discarded_files(setup.disk, log_directory)->empty());
}

TEST(log_restart, of_a_log_that_began_anew_and_got_nothing_keeps_the_first_one) {
  restarting_log setup;
  {
    auto log = setup.restart();
    ASSERT_TRUE(log);
  }
  auto again = setup.restart(lsn{200}, previous(new_start));
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_EQ((*again)->next_lsn(), lsn{200});
  EXPECT_EQ(setup.state.discarded_through, old_end);
  EXPECT_TRUE(setup.old_log_is_whole());
}

TEST(log_restart, of_a_log_that_went_on_forgets_the_first_one) {
  restarting_log setup;
  lsn flushed;
  {
    auto log = setup.restart();
    ASSERT_TRUE(log);
    ASSERT_FALSE(append_next(**log));
    flushed = (*log)->durable_lsn();
    ASSERT_FALSE((*log)->close());
  }
  ASSERT_TRUE(setup.restart(lsn{200}, flushed));
  EXPECT_EQ(setup.state.discarded_through, flushed);
  auto report = verify_log(setup.disk, log_directory / "discarded", {});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->damages.empty());
  EXPECT_EQ(report->first, new_start);
  EXPECT_EQ(report->last, flushed);
}

TEST(log_restart, of_an_empty_directory_discards_nothing) {
  memory_log setup;
  node_state state;
  state.role = node_role::replica;
  node_state_store store{setup.disk, log_directory};
  ASSERT_FALSE(
      plan_restart(setup.disk, log_directory, store, state, {lsn{7}, before_start}, no_lsn));
  auto log = restart_log({setup.disk, log_directory, setup.options, {"cluster"}, {}}, store, state);
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->next_lsn(), lsn{7});
  EXPECT_EQ(state.discarded_through, no_lsn);
  EXPECT_FALSE(*setup.disk.exists(log_directory / "discarded"));
}

/// As one that was put aside whole: it was opened, and has a segment.
TEST(log_restart, of_a_log_that_never_got_a_record_discards_nothing) {
  memory_log setup;
  node_state_store states{setup.disk, log_directory};
  node_state state;
  state.node = "r";
  state.role = node_role::replica;
  {
    auto log = setup.open();
    ASSERT_FALSE((*log)->start_at(lsn{1}, {}, {}));
    ASSERT_FALSE((*log)->close());
  }
  ASSERT_FALSE(
      plan_restart(setup.disk, log_directory, states, state, {new_start, before_start}, no_lsn));
  auto log = restart_log(
      {setup.disk, log_directory, setup.options, {"cluster"}, {&setup.clock, &setup.random}},
      states, state);
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->oldest_lsn(), new_start);
  EXPECT_EQ(state.discarded_through, no_lsn);
  EXPECT_FALSE(*setup.disk.exists(log_directory / "discarded"));
}

TEST(log_restart, can_be_tried_again_after_any_call_failed) {
  for (auto call : {vfs_call::write, vfs_call::sync_data, vfs_call::rename, vfs_call::remove,
                    vfs_call::sync_directory, vfs_call::open})
    for (std::uint64_t nth = 1;; ++nth) {
      SCOPED_TRACE("call " + std::to_string(static_cast<int>(call)) + " " + std::to_string(nth));
      restarting_log setup;
      setup.disk.add_fault({call, nth, errc::io_error, false});
      auto log = setup.restart();
      auto is_over = setup.disk.faults_hit() == 0;
      setup.disk.clear_faults();
      if (!log)
        log = setup.restart();
      ASSERT_TRUE(log) << describe(log.error());
      EXPECT_EQ((*log)->next_lsn(), new_start);
      if (is_over)
        break;
    }
}

TEST(log_restart, goes_on_after_a_crash_at_any_call) {
  for (std::uint64_t at = 1;; ++at) {
    auto is_over = true;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      SCOPED_TRACE("power off at change " + std::to_string(at) + " seed " + std::to_string(seed));
      restarting_log setup{seed};
      setup.disk.power_off_at(at);
      {
        auto log = setup.restart();
        is_over = is_over && log;
      }
      seed == 0 ? setup.disk.cut_power_losing_all() : setup.disk.cut_power();
      auto log = setup.open_again();
      ASSERT_TRUE(log) << describe(log.error());
      auto is_new = setup.state.log_start == new_start;
      // The old log as it was, or the new one with the old one aside: nothing between.
      EXPECT_EQ((*log)->next_lsn(), is_new ? new_start : next(old_end));
      EXPECT_TRUE(!is_new || setup.old_log_is_whole());
      ASSERT_FALSE(append_next(**log));
      EXPECT_TRUE(holds_its_records(setup.disk, **log));
    }
    if (is_over)
      return;
  }
}

/// A retry of what was appended before the log began must not be appended a second time.
TEST(log_restart, refuses_old_sequences_of_producers_that_it_knows_nothing_of) {
  restarting_log setup;
  auto is_refused = [](const spool& log) {
    auto found = log.producers().find({"old", producer_sequence{5000}});
    return std::holds_alternative<sequence_too_old>(found);
  };
  {
    auto log = setup.restart();
    ASSERT_TRUE(log) << describe(log.error());
    EXPECT_TRUE(is_refused(**log));
    EXPECT_TRUE(std::holds_alternative<sequence_new>(
        (*log)->producers().find({"new", producer_sequence{1}})));
  }
  for (int life = 0; life < 2; ++life) {
    auto log = setup.open_again();
    ASSERT_TRUE(log) << describe(log.error());
    EXPECT_TRUE(is_refused(**log)) << life;
    // The second time it stands in an index, too.
    for (int i = 0; i < 60; ++i)
      ASSERT_FALSE(append_next(**log));
    ASSERT_FALSE(run_chores(setup.disk, **log));
  }
  auto log = setup.open_again();
  ASSERT_TRUE(log);
  ASSERT_TRUE((*log)->prune_through(previous((*log)->durable_lsn())));
  EXPECT_TRUE(is_refused(**log));
  log->reset();
  log = setup.open_again();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_TRUE(is_refused(**log));
}

} // namespace

} // namespace sluice::test
