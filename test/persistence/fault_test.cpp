#include "persistence/verify.hpp"
#include "test/persistence/spool_fixture.hpp"

namespace sluice::test {

namespace {

using namespace persistence;

TEST(fault, the_first_failed_write_or_sync_latches_the_log) {
  for (auto call : {vfs_call::write, vfs_call::sync_data})
    for (auto code : {errc::io_error, errc::no_space}) {
      memory_log setup;
      auto log = setup.open();
      ASSERT_FALSE(append_next(**log));
      setup.disk.add_fault({call, 1, code, false});
      EXPECT_EQ(code_of(append_next(**log)), errc::log_failed);
      ASSERT_TRUE((*log)->failure());
      auto changes = setup.disk.changes();
      EXPECT_EQ(code_of(append_next(**log)), errc::log_failed);
      EXPECT_EQ(code_of((*log)->mark()), errc::log_failed);
      EXPECT_EQ(code_of((*log)->close()), errc::log_failed);
      EXPECT_EQ(code_of((*log)->prune_through(lsn{1}).error()), errc::log_failed);
      EXPECT_EQ(setup.disk.changes(), changes) << "nothing is tried again";
      EXPECT_EQ((*log)->durable_lsn(), lsn{1});
      auto reader = spool_reader::open(setup.disk, log_directory);
      EXPECT_TRUE(read_records(**reader, no_lsn, lsn{1})) << "readers go on";
    }
}

TEST(fault, a_failed_step_of_a_roll_latches_and_the_log_opens_again) {
  for (auto call :
       {vfs_call::write, vfs_call::sync_data, vfs_call::rename, vfs_call::sync_directory}) {
    memory_log setup;
    auto log = setup.open();
    while ((*log)->retained_bytes() <= 4096)
      ASSERT_FALSE(append_next(**log));
    setup.disk.add_fault({call, 1, errc::io_error, true});
    auto durable = (*log)->durable_lsn();
    caf::error err;
    for (int i = 0; i < 30 && !err; ++i) {
      durable = (*log)->durable_lsn();
      err = append_next(**log);
    }
    EXPECT_EQ(code_of(err), errc::log_failed);
    setup.disk.clear_faults();
    log->reset();
    log = setup.open();
    ASSERT_TRUE(log) << describe(log.error());
    EXPECT_GE((*log)->durable_lsn(), durable);
    EXPECT_TRUE(holds_its_records(setup.disk, **log));
  }
}

// Replicas prune to what their primary says that it keeps.
TEST(fault, a_log_that_failed_says_what_it_keeps_as_before) {
  for (auto call : {vfs_call::write, vfs_call::sync_data, vfs_call::rename,
                    vfs_call::sync_directory, vfs_call::open})
    for (std::uint64_t nth = 1; nth < 12; ++nth) {
      memory_log setup;
      auto log = setup.open();
      ASSERT_FALSE(append_next(**log));
      // As after a crash of an idle log: its end is cut once the next segment is there.
      ASSERT_FALSE((*log)->mark());
      log->reset();
      setup.disk.cut_power();
      log = setup.open();
      ASSERT_TRUE(log) << describe(log.error());
      setup.disk.add_fault({call, nth, errc::io_error, true});
      for (int i = 0; i < 40 && !append_next(**log); ++i)
        continue;
      EXPECT_EQ((*log)->oldest_lsn(), lsn{1}) << "call " << static_cast<int>(call) << " " << nth;
    }
}

TEST(fault, no_room_for_a_segment_refuses_appends_and_latches_nothing) {
  memory_log setup;
  setup.disk.set_capacity(3 * 4096);
  auto log = setup.open();
  caf::error err;
  while (!err)
    err = append_next(**log);
  EXPECT_EQ(code_of(err), errc::no_space);
  EXPECT_FALSE((*log)->failure());
  auto changes = (*log)->durable_lsn();
  EXPECT_EQ(code_of(append_next(**log)), errc::no_space);
  EXPECT_EQ((*log)->durable_lsn(), changes);
  setup.disk.set_capacity(6 * 4096);
  EXPECT_FALSE(append_next(**log));
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

TEST(fault, a_reserve_that_was_prepared_carries_the_log_over_a_full_disk) {
  memory_log setup;
  auto log = setup.open();
  ASSERT_FALSE(append_next(**log));
  ASSERT_FALSE(run_chores(setup.disk, **log));
  setup.disk.set_capacity(0);
  auto segments = (*log)->retained_bytes() / 4096;
  caf::error err;
  while (!err)
    err = append_next(**log);
  EXPECT_EQ(code_of(err), errc::no_space);
  EXPECT_EQ((*log)->retained_bytes() / 4096, segments + 1);
}

TEST(fault, no_descriptor_for_a_segment_refuses_appends_and_latches_nothing) {
  for (bool has_reserve : {false, true}) {
    memory_log setup;
    auto log = setup.open();
    ASSERT_FALSE(append_next(**log));
    if (has_reserve) {
      ASSERT_FALSE(run_chores(setup.disk, **log));
    }
    setup.disk.add_fault({vfs_call::open, 1, errc::overloaded, true});
    caf::error err;
    while (!err)
      err = append_next(**log);
    EXPECT_EQ(code_of(err), errc::overloaded);
    EXPECT_FALSE((*log)->failure());
    auto durable = (*log)->durable_lsn();
    EXPECT_EQ(code_of(append_next(**log)), errc::overloaded);
    EXPECT_EQ((*log)->durable_lsn(), durable);
    setup.disk.clear_faults();
    setup.disk.set_capacity(has_reserve ? 0 : UINT64_MAX);
    EXPECT_FALSE(append_next(**log)) << "a reserve is kept for when it can be opened";
    EXPECT_TRUE(holds_its_records(setup.disk, **log));
  }
}

TEST(fault, pruning_makes_room_again) {
  memory_log setup;
  setup.disk.set_capacity(4 * 4096);
  auto log = setup.open();
  caf::error err;
  while (!err) {
    err = append_next(**log);
    for (const auto& work : (*log)->take_chores())
      if (std::holds_alternative<write_index>(work)) {
        ASSERT_TRUE(run_chore(setup.disk, work, {}));
      }
  }
  ASSERT_EQ(code_of(err), errc::no_space);
  auto oldest = (*log)->prune_through(previous((*log)->durable_lsn()));
  ASSERT_TRUE(oldest) << describe(oldest.error());
  EXPECT_GT(*oldest, lsn{1});
  EXPECT_FALSE(append_next(**log));
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

TEST(fault, a_failed_chore_leaves_no_half_made_segment) {
  for (auto call : {vfs_call::write, vfs_call::sync_data, vfs_call::allocate, vfs_call::rename}) {
    memory_log setup;
    auto log = setup.open();
    ASSERT_FALSE(append_next(**log));
    auto chores = (*log)->take_chores();
    ASSERT_FALSE(chores.empty());
    auto files = setup.disk.files();
    setup.disk.add_fault({call, 1, errc::no_space, false});
    auto made = run_chore(setup.disk, chores.front(), {});
    EXPECT_FALSE(made);
    EXPECT_EQ(setup.disk.files(), files);
    EXPECT_TRUE(run_chore(setup.disk, chores.front(), {})) << "it can be done again";
  }
}

TEST(fault, every_failing_call_of_an_open_is_reported_and_the_next_open_succeeds) {
  for (auto call : {vfs_call::open, vfs_call::read, vfs_call::write, vfs_call::sync_data,
                    vfs_call::rename, vfs_call::sync_directory, vfs_call::allocate})
    for (std::uint64_t nth = 1;; ++nth) {
      memory_log setup;
      {
        auto log = setup.open();
        for (int i = 0; i < 40; ++i)
          ASSERT_FALSE(append_next(**log));
      }
      auto hits = setup.disk.faults_hit();
      setup.disk.add_fault({call, nth, errc::io_error, false});
      auto log = setup.open();
      auto is_hit = setup.disk.faults_hit() != hits;
      EXPECT_EQ(static_cast<bool>(log), !is_hit)
          << "call " << static_cast<int>(call) << " nth " << nth;
      setup.disk.clear_faults();
      log = setup.open();
      ASSERT_TRUE(log) << describe(log.error());
      EXPECT_EQ((*log)->durable_lsn(), lsn{40});
      EXPECT_TRUE(holds_its_records(setup.disk, **log));
      if (!is_hit)
        break;
    }
}

} // namespace

} // namespace sluice::test
