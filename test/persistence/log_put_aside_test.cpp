#include "persistence/segment_name.hpp"
#include "test/persistence/rewind_fixture.hpp"

#include <algorithm>

/// A log that begins where the histories had parted already: nothing of it stays.
namespace sluice::test {

namespace {

using namespace persistence;

/// A log that has lost its front to a prune, told to go back to before that: all of it is the tail.
struct beginning_late : rewinding_log {
  explicit beginning_late(std::uint64_t seed = 1) : rewinding_log(seed) {
    auto log = open();
    facts.oldest = *(*log)->prune_through(lsn{30});
    EXPECT_FALSE(run_chores(disk, **log));
    EXPECT_FALSE((*log)->close());
    begins_behind = previous(facts.oldest);
    state.log_start = facts.oldest;
  }

  /// The digest is of a history that this log never was part of.
  caf::expected<std::unique_ptr<spool>> rewind() {
    auto states = store();
    if (!state.rewind)
      if (auto err = plan_rewind(disk, log_directory, states, state, lsn{begins_behind.value - 2},
                                 digest{99}, facts))
        return err;
    return rewind_log(place(), states, state);
  }

  lsn begins_behind;
};

void expect_new_log(beginning_late& setup, spool& log) {
  EXPECT_EQ(log.oldest_lsn(), lsn{1});
  EXPECT_EQ(setup.state.log_start, no_lsn);
  EXPECT_TRUE(
      std::holds_alternative<sequence_new>(log.producers().find({"p", producer_sequence{60}})));
  expect_cut(setup, log, no_lsn);
}

TEST(log_rewind, to_before_the_beginning_puts_the_whole_log_aside) {
  beginning_late setup;
  ASSERT_GT(setup.begins_behind, lsn{3});
  auto log = setup.rewind();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_TRUE(setup.keeps_tail(setup.begins_behind));
  auto tails = list_diverged_tails(setup.disk, log_directory);
  ASSERT_TRUE(tails);
  ASSERT_EQ(tails->size(), 1u);
  EXPECT_EQ(tails->front().fork, setup.begins_behind);
  EXPECT_EQ(tails->front().last, old_end);
  expect_new_log(setup, **log);
  ASSERT_FALSE((*log)->close());
  log = setup.open_again();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->durable_lsn(), lsn{1});
}

TEST(log_rewind, to_before_the_beginning_goes_on_after_a_crash_at_any_call) {
  for (std::uint64_t at = 1;; ++at) {
    auto is_over = true;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      SCOPED_TRACE("power off at change " + std::to_string(at) + " seed " + std::to_string(seed));
      beginning_late setup{seed};
      setup.disk.power_off_at(at);
      {
        auto log = setup.rewind();
        is_over = is_over && log;
      }
      seed == 0 ? setup.disk.cut_power_losing_all() : setup.disk.cut_power();
      auto log = setup.open_again();
      ASSERT_TRUE(log) << describe(log.error());
      if ((*log)->durable_lsn() == old_end) {
        EXPECT_TRUE(holds_its_records(setup.disk, **log));
        continue;
      }
      EXPECT_TRUE(setup.keeps_tail(setup.begins_behind));
      expect_new_log(setup, **log);
    }
    if (is_over)
      return;
  }
}

/// As after a snapshot that nothing followed.
TEST(log_rewind, of_a_log_without_records_keeps_no_tail) {
  memory_log setup;
  node_state_store states{setup.disk, log_directory};
  node_state state;
  state.node = "r";
  state.role = node_role::replica;
  {
    auto log = setup.open();
    ASSERT_FALSE((*log)->start_at(lsn{41}, digest{5}, term{7}));
    state.log_start = lsn{41};
    ASSERT_FALSE((*log)->close());
  }
  ASSERT_FALSE(plan_rewind(setup.disk, log_directory, states, state, lsn{30}, digest{3},
                           {lsn{41}, lsn{40}, term{7}}));
  auto log = rewind_log(
      {setup.disk, log_directory, setup.options, {"cluster"}, {&setup.clock, &setup.random}},
      states, state);
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->oldest_lsn(), lsn{1});
  EXPECT_EQ((*log)->durable_lsn(), no_lsn);
  EXPECT_EQ((*log)->last_term(), term{});
  EXPECT_FALSE(*setup.disk.exists(diverged_folder(log_directory)));
  auto names = setup.disk.list(log_directory);
  ASSERT_TRUE(names);
  EXPECT_EQ(std::count_if(names->begin(), names->end(),
                          [](const std::string& x) { return parse_segment_file_name(x); }),
            1);
}

} // namespace

} // namespace sluice::test
