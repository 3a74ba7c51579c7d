#include "persistence/verify.hpp"
#include "test/persistence/spool_fixture.hpp"

#include <algorithm>
#include <functional>

namespace sluice::test {

namespace {

using persistence::spool;

/// What a workload was promised before the power went.
struct promises {
  lsn acknowledged;
  lsn appended;
  lsn oldest{1};
};

/// One step of a workload, and what it promises when it returns no error.
using step = std::function<caf::error(memory_log&, std::unique_ptr<spool>&, promises&)>;

caf::error do_append(memory_log&, std::unique_ptr<spool>& log, promises& known) {
  known.appended = std::max(known.appended, log->next_lsn());
  auto err = append_next(*log);
  if (!err)
    known.acknowledged = log->durable_lsn();
  return err;
}

caf::error do_chores(memory_log& setup, std::unique_ptr<spool>& log, promises&) {
  return run_chores(setup.disk, *log);
}

caf::error do_mark(memory_log&, std::unique_ptr<spool>& log, promises&) {
  return log->mark();
}

caf::error do_prune(memory_log&, std::unique_ptr<spool>& log, promises& known) {
  auto oldest = log->prune_through(previous(log->durable_lsn()));
  if (oldest)
    known.oldest = *oldest;
  return oldest ? caf::error{} : oldest.error();
}

caf::error do_open(memory_log& setup, std::unique_ptr<spool>& log, promises&) {
  log.reset();
  auto opened = setup.open();
  if (!opened)
    return opened.error();
  log = std::move(*opened);
  return {};
}

caf::error do_close(memory_log&, std::unique_ptr<spool>& log, promises&) {
  return log->close();
}

std::vector<step> repeat(int count, step one) {
  return std::vector<step>(static_cast<std::size_t>(count), std::move(one));
}

std::vector<step> join(std::vector<std::vector<step>> parts) {
  std::vector<step> all;
  for (auto& part : parts)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// Appends, rolls, marks, prunes, closes and opens again, cleanly and not.
std::vector<step> workload() {
  return join({{do_open},
               repeat(4, do_append),
               {do_mark},
               repeat(22, do_append),
               {do_chores},
               repeat(20, do_append),
               {do_open},
               repeat(3, do_append),
               {do_prune, do_chores},
               repeat(22, do_append),
               {do_close, do_open},
               repeat(25, do_append),
               {do_prune, do_open, do_chores, do_append, do_close}});
}

promises run_until_power_goes(memory_log& setup, std::unique_ptr<spool>& log) {
  promises known;
  for (const auto& one : workload())
    if (one(setup, log, known))
      break;
  return known;
}

/// Opens with every acknowledged record, none that was never appended, and goes on.
void expect_recovery(memory_log& setup, const promises& known) {
  auto log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_GE((*log)->durable_lsn(), known.acknowledged);
  EXPECT_LE((*log)->durable_lsn(), known.appended);
  EXPECT_LE((*log)->oldest_lsn(), std::max(known.acknowledged, lsn{1}));
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
  ASSERT_FALSE(append_next(**log));
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

std::uint64_t changes_of_workload() {
  memory_log setup;
  std::unique_ptr<spool> log;
  auto known = run_until_power_goes(setup, log);
  EXPECT_EQ(known.acknowledged, lsn{97});
  return setup.disk.changes();
}

TEST(crash, at_any_call_keeps_every_acknowledged_record) {
  auto changes = changes_of_workload();
  for (std::uint64_t at = 1; at <= changes; ++at)
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      SCOPED_TRACE("power off at change " + std::to_string(at) + " seed " + std::to_string(seed));
      memory_log setup{seed};
      setup.disk.power_off_at(at);
      std::unique_ptr<spool> log;
      auto known = run_until_power_goes(setup, log);
      log.reset();
      seed == 0 ? setup.disk.cut_power_losing_all() : setup.disk.cut_power();
      expect_recovery(setup, known);
      if (testing::Test::HasFailure())
        return;
    }
}

TEST(crash, at_any_call_of_the_recovery_itself_opens_again) {
  auto changes = changes_of_workload();
  for (std::uint64_t at = 1; at <= changes; at += 3)
    for (std::uint64_t second = 1;; ++second) {
      auto seed = at * 1000 + second;
      SCOPED_TRACE("power off at change " + std::to_string(at) + ", then at "
                   + std::to_string(second) + " of recovery, seed " + std::to_string(seed));
      memory_log setup{seed};
      setup.disk.power_off_at(at);
      std::unique_ptr<spool> log;
      auto known = run_until_power_goes(setup, log);
      log.reset();
      setup.disk.cut_power();
      setup.disk.power_off_at(second);
      auto is_over = false;
      if (auto reopened = setup.open()) {
        known.appended = std::max(known.appended, next((*reopened)->durable_lsn()));
        is_over = !append_next(**reopened);
        if (is_over)
          known.acknowledged = (*reopened)->durable_lsn();
      }
      setup.disk.cut_power();
      expect_recovery(setup, known);
      if (testing::Test::HasFailure())
        return;
      if (is_over)
        break;
    }
}

TEST(crash, a_restart_without_a_power_cut_then_a_power_cut_loses_nothing_acknowledged) {
  auto changes = changes_of_workload();
  for (auto call :
       {vfs_call::write, vfs_call::sync_data, vfs_call::sync_directory, vfs_call::rename})
    for (std::uint64_t nth = 1; nth <= changes; ++nth) {
      auto seed = nth * 10 + static_cast<std::uint64_t>(call);
      SCOPED_TRACE("call " + std::to_string(static_cast<int>(call)) + " fails at "
                   + std::to_string(nth) + " seed " + std::to_string(seed));
      memory_log setup{seed};
      setup.disk.add_fault({call, nth, errc::io_error, false});
      std::unique_ptr<spool> log;
      auto known = run_until_power_goes(setup, log);
      auto is_over = setup.disk.faults_hit() == 0;
      setup.disk.clear_faults();
      log.reset();
      // The machine stays up: what is read back may never have reached the disk.
      auto failure = do_open(setup, log, known);
      ASSERT_FALSE(failure) << describe(failure);
      known.appended = std::max(known.appended, log->durable_lsn());
      known.acknowledged = std::max(known.acknowledged, log->durable_lsn());
      ASSERT_FALSE(do_append(setup, log, known));
      log.reset();
      setup.disk.cut_power_losing_all();
      expect_recovery(setup, known);
      if (testing::Test::HasFailure())
        return;
      if (is_over)
        break;
    }
}

/// Rolls with every index written at once, and opens again.
std::vector<step> rolling_workload(std::vector<step> before_the_last) {
  auto append_and_index = join({{do_append}, {do_chores}});
  std::vector<step> appends;
  for (int i = 0; i < 40; ++i)
    appends = join({appends, append_and_index});
  return join(
      {{do_open}, appends, {do_open, do_chores}, appends, before_the_last, appends, {do_close}});
}

testing::AssertionResult is_undamaged(memory_log& setup) {
  auto report = persistence::verify_log(setup.disk, log_directory, {});
  if (!report)
    return testing::AssertionFailure() << describe(report.error());
  for (const auto& found : report->damages)
    return testing::AssertionFailure() << found.file << ": " << found.reason;
  return testing::AssertionSuccess();
}

TEST(crash, at_any_call_of_a_roll_is_never_taken_for_a_missing_segment) {
  for (std::uint64_t at = 1;; ++at) {
    auto is_over = true;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      SCOPED_TRACE("power off at change " + std::to_string(at) + " seed " + std::to_string(seed));
      memory_log setup{seed};
      setup.disk.power_off_at(at);
      std::unique_ptr<spool> log;
      promises known;
      for (const auto& one : rolling_workload({do_prune}))
        if (one(setup, log, known))
          break;
      log.reset();
      is_over = is_over && !setup.disk.is_power_off();
      seed == 0 ? setup.disk.cut_power_losing_all() : setup.disk.cut_power();
      ASSERT_TRUE(is_undamaged(setup));
      expect_recovery(setup, known);
      ASSERT_TRUE(is_undamaged(setup));
      if (testing::Test::HasFailure())
        return;
    }
    if (is_over)
      return;
  }
}

TEST(crash, a_failed_call_of_a_roll_then_a_restart_then_a_power_cut_misses_no_segment) {
  for (auto call :
       {vfs_call::write, vfs_call::sync_data, vfs_call::sync_directory, vfs_call::rename})
    for (std::uint64_t nth = 1;; ++nth) {
      auto is_over = false;
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        SCOPED_TRACE("call " + std::to_string(static_cast<int>(call)) + " fails at "
                     + std::to_string(nth) + " seed " + std::to_string(seed));
        memory_log setup{seed};
        setup.disk.add_fault({call, nth, errc::io_error, false});
        std::unique_ptr<spool> log;
        promises known;
        for (const auto& one : rolling_workload({do_prune}))
          if (one(setup, log, known))
            break;
        is_over = setup.disk.faults_hit() == 0;
        setup.disk.clear_faults();
        // Its owner may still hand these out.
        if (log) {
          ASSERT_FALSE(run_chores(setup.disk, *log));
        }
        auto failure = do_open(setup, log, known);
        ASSERT_FALSE(failure) << describe(failure);
        known.appended = std::max(known.appended, log->durable_lsn());
        known.acknowledged = std::max(known.acknowledged, log->durable_lsn());
        ASSERT_FALSE(run_chores(setup.disk, *log));
        log.reset();
        seed == 0 ? setup.disk.cut_power_losing_all() : setup.disk.cut_power();
        ASSERT_TRUE(is_undamaged(setup));
        expect_recovery(setup, known);
        if (testing::Test::HasFailure())
          return;
      }
      if (is_over)
        break;
    }
}

TEST(crash, at_any_call_of_a_start_elsewhere_opens_again) {
  for (std::uint64_t at = 1;; ++at) {
    auto is_over = true;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      SCOPED_TRACE("power off at change " + std::to_string(at) + " seed " + std::to_string(seed));
      memory_log setup{seed};
      std::unique_ptr<spool> log;
      promises known;
      for (const auto& one :
           join({{do_open}, repeat(40, do_append), {do_chores, do_mark, do_open}}))
        ASSERT_FALSE(one(setup, log, known));
      // The first ends the segment that an open leaves alone, the second takes it.
      ASSERT_TRUE(log->prune_through(lsn{40}));
      ASSERT_FALSE(run_chores(setup.disk, *log));
      ASSERT_TRUE(log->prune_through(lsn{40}));
      ASSERT_EQ(log->oldest_lsn(), log->next_lsn());
      setup.disk.power_off_at(at);
      auto err = log->start_at(lsn{10}, digest{42});
      is_over = is_over && !err;
      log.reset();
      seed == 0 ? setup.disk.cut_power_losing_all() : setup.disk.cut_power();
      auto opened = setup.open();
      ASSERT_TRUE(opened) << describe(opened.error());
      ASSERT_FALSE(append_next(**opened));
      EXPECT_TRUE(holds_its_records(setup.disk, **opened));
      EXPECT_TRUE(is_undamaged(setup));
    }
    if (is_over)
      return;
  }
}

std::vector<frame_batch> primary_batches(std::uint64_t count) {
  memory_log primary;
  auto log = primary.open();
  std::vector<frame_batch> batches;
  for (std::uint64_t i = 1; i <= count; ++i) {
    std::vector entries{entry_of({record_text(i)})};
    batches.push_back(*(*log)->append(entries, term{1}, timeline_id{1}));
  }
  return batches;
}

TEST(crash, of_a_replica_in_a_group_of_batches_keeps_what_it_had_and_a_prefix_of_the_group) {
  const auto batches = primary_batches(60);
  constexpr std::size_t group = 4;
  for (std::uint64_t at = 1;; ++at) {
    auto is_over = true;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      SCOPED_TRACE("power off at change " + std::to_string(at) + " seed " + std::to_string(seed));
      memory_log setup{seed};
      setup.disk.power_off_at(at);
      promises known;
      if (auto log = setup.open())
        for (std::size_t i = 0; i < batches.size(); i += group) {
          known.appended = batches[i + group - 1].last;
          if ((*log)->append_verbatim(std::span{batches}.subspan(i, group)))
            break;
          known.acknowledged = known.appended;
        }
      is_over = is_over && !setup.disk.is_power_off();
      setup.disk.cut_power();
      expect_recovery(setup, known);
      if (testing::Test::HasFailure())
        return;
    }
    if (is_over)
      return;
  }
}

} // namespace

} // namespace sluice::test
