#include "test/persistence/rewind_fixture.hpp"

/// A log whose end is put aside and cut off, because the primary's history left it before.
namespace sluice::test {

namespace {

using namespace persistence;

TEST(log_rewind, ends_the_log_at_any_record_and_keeps_what_stood_behind_it) {
  for (lsn through; through < old_end; through = next(through)) {
    SCOPED_TRACE(to_string(through));
    rewinding_log setup;
    auto log = setup.rewind(through);
    ASSERT_TRUE(log) << describe(log.error());
    EXPECT_FALSE(setup.state.rewind);
    EXPECT_TRUE(setup.keeps_tail(through));
    expect_cut(setup, **log, through);
    EXPECT_TRUE(setup.keeps_tail(through));
    auto report = verify_log(setup.disk, log_directory, {});
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->damages.empty()) << report->damages.front().reason;
  }
}

TEST(log_rewind, is_remembered_by_the_directory) {
  rewinding_log setup;
  ASSERT_TRUE(setup.rewind(lsn{33}));
  setup.disk.cut_power_losing_all();
  auto log = setup.open_again();
  ASSERT_TRUE(log) << describe(log.error());
  expect_cut(setup, **log, lsn{33});
  ASSERT_FALSE((*log)->close());
  log = setup.open_again();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->durable_lsn(), lsn{34});
  EXPECT_TRUE(setup.keeps_tail(lsn{33}));
}

TEST(log_rewind, forgets_what_producers_did_behind_the_cut) {
  for (auto through : {lsn{3}, lsn{33}, lsn{58}}) {
    rewinding_log setup;
    auto log = setup.rewind(through);
    ASSERT_TRUE(log) << describe(log.error());
    for (int life = 0; life < 2; ++life) {
      const auto& producers = (*log)->producers();
      EXPECT_TRUE(std::holds_alternative<sequence_known>(
          producers.find({"p", producer_sequence{through.value}})));
      EXPECT_TRUE(std::holds_alternative<sequence_new>(
          producers.find({"p", producer_sequence{through.value + 1}})));
      ASSERT_FALSE(run_chores(setup.disk, **log));
      ASSERT_FALSE((*log)->close());
      log->reset();
      log = setup.open_again();
      ASSERT_TRUE(log) << describe(log.error());
    }
  }
}

TEST(log_rewind, of_the_same_term_again_gets_a_name_of_its_own) {
  rewinding_log setup;
  {
    auto log = setup.rewind(lsn{50});
    ASSERT_TRUE(log) << describe(log.error());
    for (auto i = 50u; i < old_end.value; ++i) {
      auto batch =
          (*log)->append(std::vector{entry_of({record_text(i + 1)})}, term{7}, timeline_id{1});
      ASSERT_TRUE(batch);
      setup.digests[i] = batch->tail_digest;
    }
    ASSERT_FALSE((*log)->close());
  }
  auto log = setup.rewind(lsn{40});
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_TRUE(setup.keeps_tail(lsn{40}, "7.2"));
  auto tails = list_diverged_tails(setup.disk, log_directory);
  ASSERT_TRUE(tails) << describe(tails.error());
  ASSERT_EQ(tails->size(), 2u);
  EXPECT_EQ(tails->at(0).name, "7");
  EXPECT_EQ(tails->at(0).records, 10u);
  EXPECT_EQ(tails->at(0).first, lsn{51});
  EXPECT_EQ(tails->at(1).name, "7.2");
  EXPECT_EQ(tails->at(1).term, term{7});
  EXPECT_EQ(tails->at(1).fork, lsn{40});
  EXPECT_EQ(tails->at(1).at_fork, setup.digest_at(lsn{40}));
  EXPECT_EQ(tails->at(1).last, old_end);
  EXPECT_EQ(tails->at(1).records, 20u);
  EXPECT_GT(tails->at(1).bytes, 0u);
}

TEST(log_rewind, is_refused_where_the_histories_do_not_agree) {
  rewinding_log setup;
  auto states = setup.store();
  auto plan = [&](lsn through, digest at) {
    return code_of(
        plan_rewind(setup.disk, log_directory, states, setup.state, through, at, setup.facts));
  };
  EXPECT_EQ(plan(lsn{30}, digest{1}), errc::diverged);
  EXPECT_EQ(plan(old_end, setup.digest_at(old_end)), errc::invalid_argument);
  EXPECT_EQ(plan(lsn{61}, digest{1}), errc::invalid_argument);
  EXPECT_FALSE(setup.state.rewind);
  EXPECT_FALSE(*setup.disk.exists(diverged_folder(log_directory)));
}

TEST(log_rewind, is_refused_within_a_batch) {
  rewinding_log setup;
  auto log = setup.open();
  ASSERT_TRUE((*log)->append(std::vector{entry_of({"a", "b", "c"})}, term{7}, timeline_id{1}));
  setup.facts = {(*log)->oldest_lsn(), (*log)->durable_lsn(), term{7}};
  auto states = setup.store();
  EXPECT_EQ(code_of(plan_rewind(setup.disk, log_directory, states, setup.state, lsn{61}, digest{1},
                                setup.facts)),
            errc::diverged);
}

TEST(log_rewind, of_a_pruned_log_may_leave_nothing) {
  rewinding_log setup;
  {
    auto log = setup.open();
    setup.facts.oldest = *(*log)->prune_through(lsn{30});
    ASSERT_FALSE(run_chores(setup.disk, **log));
    ASSERT_FALSE((*log)->close());
  }
  auto through = previous(setup.facts.oldest);
  auto log = setup.rewind(through);
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_TRUE(setup.keeps_tail(through));
  expect_cut(setup, **log, through);
}

TEST(log_rewind, can_be_tried_again_after_any_call_failed) {
  for (auto call : {vfs_call::write, vfs_call::sync_data, vfs_call::rename, vfs_call::remove,
                    vfs_call::allocate, vfs_call::sync_directory, vfs_call::open, vfs_call::read})
    for (std::uint64_t nth = 1;; ++nth) {
      SCOPED_TRACE("call " + std::to_string(static_cast<int>(call)) + " " + std::to_string(nth));
      rewinding_log setup;
      setup.disk.add_fault({call, nth, errc::io_error, false});
      auto log = setup.rewind(lsn{33});
      auto is_over = setup.disk.faults_hit() == 0;
      setup.disk.clear_faults();
      if (!log)
        log = setup.rewind(lsn{33});
      ASSERT_TRUE(log) << describe(log.error());
      EXPECT_TRUE(setup.keeps_tail(lsn{33}));
      expect_cut(setup, **log, lsn{33});
      if (is_over)
        break;
    }
}

/// Without room nothing is lost, and with room it goes on.
TEST(log_rewind, waits_for_room_with_everything_in_place) {
  std::uint64_t used = 0;
  {
    rewinding_log setup;
    used = UINT64_MAX / 2 - [&] {
      setup.disk.set_capacity(UINT64_MAX / 2);
      return *setup.disk.free_bytes(log_directory);
    }();
  }
  auto refusals = 0;
  for (std::uint64_t room = 0; room <= 64 * kibibyte; room += 512) {
    SCOPED_TRACE("room " + std::to_string(room));
    rewinding_log setup;
    setup.disk.set_capacity(used + room);
    auto log = setup.rewind(lsn{33});
    if (!log) {
      ++refusals;
      EXPECT_EQ(code_of(log.error()), errc::no_space) << describe(log.error());
      // The log as it was, or cut with its tail aside; a reader finds it either way.
      auto reader = spool_reader::open(setup.disk, log_directory);
      ASSERT_TRUE(reader);
      auto whole = read_records(**reader, no_lsn, old_end);
      EXPECT_TRUE((whole && whole->size() == old_end.value) || setup.keeps_tail(lsn{33}));
      setup.disk.set_capacity(UINT64_MAX);
      log = setup.open_again();
      ASSERT_TRUE(log) << describe(log.error());
      if ((*log)->durable_lsn() == old_end) {
        ASSERT_FALSE((*log)->close());
        log->reset();
        log = setup.rewind(lsn{33});
        ASSERT_TRUE(log) << describe(log.error());
      }
    }
    EXPECT_TRUE(setup.keeps_tail(lsn{33}));
    EXPECT_EQ((*log)->durable_lsn(), lsn{33});
  }
  EXPECT_GT(refusals, 0);
}

TEST(log_rewind, goes_on_after_a_crash_at_any_call) {
  for (std::uint64_t at = 1;; ++at) {
    auto is_over = true;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      SCOPED_TRACE("power off at change " + std::to_string(at) + " seed " + std::to_string(seed));
      rewinding_log setup{seed};
      setup.disk.power_off_at(at);
      {
        auto log = setup.rewind(lsn{33});
        is_over = is_over && log;
      }
      seed == 0 ? setup.disk.cut_power_losing_all() : setup.disk.cut_power();
      auto log = setup.open_again();
      ASSERT_TRUE(log) << describe(log.error());
      // The log as it was, or the cut one with its tail aside: nothing between.
      if ((*log)->durable_lsn() == old_end) {
        EXPECT_TRUE(holds_its_records(setup.disk, **log));
        continue;
      }
      EXPECT_TRUE(setup.keeps_tail(lsn{33}));
      expect_cut(setup, **log, lsn{33});
    }
    if (is_over)
      return;
  }
}

/// A crash may come again and again, each time a little later.
TEST(log_rewind, goes_on_after_crashes_that_do_not_end) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    rewinding_log setup{seed};
    ASSERT_FALSE([&] {
      auto states = setup.store();
      return plan_rewind(setup.disk, log_directory, states, setup.state, lsn{33},
                         setup.digest_at(lsn{33}), setup.facts);
    }());
    caf::expected<std::unique_ptr<spool>> log{make_error(errc::closed)};
    for (std::uint64_t at = 1; !log; ++at) {
      setup.disk.power_off_at(at);
      log = setup.open_again();
      if (log)
        break;
      setup.disk.cut_power();
    }
    EXPECT_TRUE(setup.keeps_tail(lsn{33}));
    setup.disk.cut_power();
    log->reset();
    log = setup.open_again();
    ASSERT_TRUE(log) << describe(log.error());
    expect_cut(setup, **log, lsn{33});
  }
}

TEST(diverged_tails, of_a_directory_that_does_not_exist_are_an_error_and_not_none) {
  memory_vfs disk;
  auto tails = list_diverged_tails(disk, "/nowhere");
  ASSERT_FALSE(tails);
  EXPECT_EQ(code_of(tails.error()), errc::not_found);
}

} // namespace

} // namespace sluice::test
