#include "persistence/log_restart.hpp"
#include "persistence/verify.hpp"
#include "test/persistence/spool_fixture.hpp"

/// What producers appended before a log began anew is known to it, as far as it was told.
namespace sluice::test {

namespace {

using namespace persistence;

constexpr lsn old_end{20};
constexpr lsn new_start{100};
constexpr digest before_start{42};

/// One producer that went far, one that has just begun.
std::string told_table() {
  producer_table table{{}};
  table.remember({"far", producer_sequence{5000}}, {{lsn{90}, lsn{91}}, term{3}, timeline_id{2}});
  table.remember({"new", producer_sequence{1}}, {{lsn{99}, lsn{99}}, term{4}, timeline_id{2}});
  return table.snapshot();
}

/// A replica's directory with a log of its own that is to begin anew with that table.
struct told_log : memory_log {
  explicit told_log(std::uint64_t seed = 1) : memory_log(seed) {
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

  caf::expected<std::unique_ptr<spool>> restart(const std::string& table = told_table()) {
    auto states = store();
    log_restart where{.first = first, .before = before_start, .producers = table};
    if (auto err = plan_restart(disk, log_directory, states, state, where, old_end))
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

  bool old_log_is_whole() {
    auto report = verify_log(disk, log_directory / "discarded", {});
    return report && report->damages.empty() && report->last == old_end;
  }

  lsn first = new_start;
  node_state state;
};

std::optional<lsn_range> known(const spool& log, const char* producer, std::uint64_t sequence) {
  auto found = log.producers().find({producer, producer_sequence{sequence}});
  const auto* at = std::get_if<sequence_known>(&found);
  return at ? std::optional{at->records} : std::nullopt;
}

bool is_new(const spool& log, const char* producer, std::uint64_t sequence) {
  return std::holds_alternative<sequence_new>(
      log.producers().find({producer, producer_sequence{sequence}}));
}

void expect_told(const spool& log) {
  EXPECT_EQ(known(log, "far", 5000), (lsn_range{lsn{90}, lsn{91}}));
  EXPECT_EQ(known(log, "new", 1), (lsn_range{lsn{99}, lsn{99}}));
  EXPECT_TRUE(is_new(log, "far", 5001));
  EXPECT_TRUE(is_new(log, "new", 2));
  EXPECT_TRUE(is_new(log, "unheard-of", 5000));
}

TEST(log_restart, knows_what_producers_appended_before_its_beginning) {
  told_log setup;
  {
    auto log = setup.restart();
    ASSERT_TRUE(log) << describe(log.error());
    expect_told(**log);
  }
  for (int life = 0; life < 3; ++life) {
    SCOPED_TRACE(life);
    setup.disk.cut_power_losing_all();
    auto log = setup.open_again();
    ASSERT_TRUE(log) << describe(log.error());
    EXPECT_EQ((*log)->oldest_lsn(), new_start);
    expect_told(**log);
    for (int i = 0; i < 20; ++i)
      ASSERT_FALSE(append_next(**log));
    ASSERT_FALSE(run_chores(setup.disk, **log));
    expect_told(**log);
  }
}

TEST(log_restart, knows_it_when_the_new_beginning_is_pruned) {
  told_log setup;
  {
    auto log = setup.restart();
    ASSERT_TRUE(log) << describe(log.error());
    for (int i = 0; i < 60; ++i)
      ASSERT_FALSE(append_next(**log));
    ASSERT_FALSE(run_chores(setup.disk, **log));
    ASSERT_TRUE((*log)->prune_through(previous((*log)->durable_lsn())));
    EXPECT_GT((*log)->oldest_lsn(), new_start);
    ASSERT_FALSE(run_chores(setup.disk, **log));
  }
  auto log = setup.open_again();
  ASSERT_TRUE(log) << describe(log.error());
  expect_told(**log);
}

TEST(log_restart, takes_a_table_that_cannot_be_read_for_none) {
  told_log setup;
  auto log = setup.restart("no table");
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_TRUE(std::holds_alternative<sequence_too_old>(
      (*log)->producers().find({"far", producer_sequence{5001}})));
}

/// What it was told stands where an index of the old log might.
TEST(log_restart, leaves_the_old_log_whole_when_it_begins_close_behind_it) {
  for (auto first : {next(old_end), next(next(old_end))})
    for (std::uint64_t at = 1;; ++at) {
      SCOPED_TRACE("begin at " + to_string(first) + ", power off at change " + std::to_string(at));
      told_log setup;
      setup.first = first;
      setup.disk.power_off_at(at);
      auto is_over = bool{setup.restart()};
      setup.disk.cut_power_losing_all();
      auto log = setup.open_again();
      ASSERT_TRUE(log) << describe(log.error());
      if (setup.state.log_start == first) {
        EXPECT_TRUE(setup.old_log_is_whole());
        EXPECT_EQ((*log)->tail_digest(), before_start);
        expect_told(**log);
      }
      if (is_over)
        break;
    }
}

TEST(log_restart, knows_it_or_has_not_begun_after_a_crash_at_any_change) {
  for (std::uint64_t at = 1;; ++at) {
    auto is_over = true;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      SCOPED_TRACE("power off at change " + std::to_string(at) + " seed " + std::to_string(seed));
      told_log setup{seed};
      setup.disk.power_off_at(at);
      {
        auto log = setup.restart();
        is_over = is_over && log;
      }
      seed == 0 ? setup.disk.cut_power_losing_all() : setup.disk.cut_power();
      for (int life = 0; life < 2; ++life) {
        auto log = setup.open_again();
        ASSERT_TRUE(log) << describe(log.error());
        if (setup.state.log_start != new_start) {
          EXPECT_EQ((*log)->next_lsn(), next(old_end));
          continue;
        }
        expect_told(**log);
        setup.disk.cut_power_losing_all();
      }
    }
    if (is_over)
      return;
  }
}

TEST(log_restart, goes_on_after_a_crash_while_it_goes_on_after_a_crash) {
  for (std::uint64_t at = 1;; ++at) {
    SCOPED_TRACE("power off at change " + std::to_string(at));
    told_log setup;
    // The new segment is there, and no index yet.
    setup.disk.add_fault({vfs_call::rename, 7, errc::io_error, false});
    auto failed = setup.restart();
    setup.disk.clear_faults();
    setup.disk.power_off_at(at);
    auto is_over = bool{setup.open_again()};
    setup.disk.cut_power_losing_all();
    auto log = setup.open_again();
    ASSERT_TRUE(log) << describe(log.error());
    ASSERT_EQ(setup.state.log_start, new_start);
    expect_told(**log);
    if (is_over)
      return;
  }
}

} // namespace

} // namespace sluice::test
