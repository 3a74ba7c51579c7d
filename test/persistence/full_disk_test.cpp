#include "persistence/node_state.hpp"
#include "test/persistence/spool_fixture.hpp"

#include <gtest/gtest.h>

namespace sluice::test {

namespace {

using namespace persistence;

/// Appends until there is no room for more; the process dies.
void fill_and_die(memory_log& setup) {
  setup.disk.set_capacity(5 * 4096);
  auto log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  caf::error err;
  while (!err)
    err = append_next(**log);
  ASSERT_EQ(code_of(err), errc::no_space);
  setup.disk.set_capacity(0);
}

std::uint64_t rewritten(const spool& log) {
  return log.recovery().rewritten_records;
}

TEST(full_disk, a_log_that_was_killed_on_it_opens_is_read_and_goes_on_with_room) {
  memory_log setup;
  fill_and_die(setup);
  {
    auto log = setup.open();
    ASSERT_TRUE(log) << describe(log.error());
    EXPECT_EQ(rewritten(**log), 1u) << "otherwise this shows nothing";
    EXPECT_TRUE(holds_its_records(setup.disk, **log));
    EXPECT_EQ(code_of(append_next(**log)), errc::no_space);
    EXPECT_FALSE((*log)->failure());
    setup.disk.set_capacity(UINT64_MAX);
    EXPECT_FALSE(append_next(**log));
  }
  setup.disk.cut_power_losing_all();
  auto log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

TEST(full_disk, a_log_may_be_killed_on_it_again_and_again) {
  memory_log setup;
  fill_and_die(setup);
  for (int life = 0; life < 20; ++life) {
    auto log = setup.open();
    ASSERT_TRUE(log) << life << ": " << describe(log.error());
    EXPECT_EQ(rewritten(**log), life == 0 ? 1u : 0u);
    EXPECT_EQ(code_of(append_next(**log)), errc::no_space);
  }
}

TEST(full_disk, a_log_may_lose_power_at_any_change_of_opening_on_it) {
  for (std::uint64_t nth = 1;; ++nth) {
    memory_log setup{nth};
    fill_and_die(setup);
    auto before = setup.disk.changes();
    setup.disk.power_off_at(before + nth);
    auto is_finished = static_cast<bool>(setup.open());
    setup.disk.cut_power();
    auto log = setup.open();
    ASSERT_TRUE(log) << nth << ": " << describe(log.error());
    EXPECT_TRUE(holds_its_records(setup.disk, **log)) << nth;
    if (is_finished)
      break;
  }
}

TEST(full_disk, a_group_larger_than_the_reserve_makes_it_grow_first) {
  memory_log setup;
  {
    auto log = setup.open();
    std::vector entries{entry_of({std::string(20'000, 'x')})};
    ASSERT_TRUE((*log)->append(entries, term{1}, timeline_id{1}));
    setup.disk.set_capacity(0);
  }
  auto log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->durable_lsn(), lsn{1});
}

TEST(full_disk, an_append_that_could_not_be_written_again_is_refused) {
  memory_log setup;
  setup.disk.set_capacity(4096 + 1000);
  auto log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ(code_of(append_next(**log)), errc::no_space) << "room for a segment and no reserve";
  setup.disk.set_capacity(2 * 4096);
  EXPECT_FALSE(append_next(**log));
}

TEST(full_disk, a_log_that_was_found_unclean_closes_without_a_word) {
  memory_log setup;
  {
    auto log = setup.open();
    ASSERT_FALSE(append_next(**log));
    ASSERT_FALSE((*log)->mark());
    setup.disk.set_capacity(0);
  }
  auto log = setup.open();
  ASSERT_TRUE(log);
  EXPECT_FALSE((*log)->close());
  log = setup.open();
  ASSERT_TRUE(log);
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

TEST(full_disk, what_cannot_be_opened_says_how_much_room_it_needs) {
  memory_log setup;
  fill_and_die(setup);
  setup.disk.erase(log_directory / "reserve");
  auto log = setup.open();
  ASSERT_FALSE(log);
  EXPECT_EQ(code_of(log.error()), errc::no_space);
  EXPECT_NE(describe(log.error()).find("4096 bytes"), std::string::npos) << describe(log.error());
  EXPECT_NE(describe(log.error()).find("/log"), std::string::npos);
}

// -- the node state --------------------------------------------------------------------------

node_state life(std::uint64_t incarnation_number) {
  node_state x;
  x.node = "n";
  x.incarnation = incarnation{incarnation_number};
  return x;
}

TEST(full_disk, the_node_state_is_stored_in_place) {
  memory_log setup;
  {
    node_state_store store{setup.disk, log_directory};
    ASSERT_FALSE(store.store(life(1)));
  }
  setup.disk.set_capacity(0);
  node_state_store store{setup.disk, log_directory};
  EXPECT_FALSE(store.store(life(2)));
  std::string warning;
  node_state_store again{setup.disk, log_directory};
  auto loaded = again.load(warning);
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->incarnation, incarnation{2});
  EXPECT_EQ(warning, "");
}

TEST(full_disk, a_node_state_is_whole_after_power_was_lost_at_any_change_of_storing_it) {
  for (std::uint64_t nth = 1;; ++nth) {
    memory_log setup{nth};
    {
      node_state_store store{setup.disk, log_directory};
      ASSERT_FALSE(store.store(life(1)));
    }
    setup.disk.set_capacity(0);
    setup.disk.power_off_at(setup.disk.changes() + nth);
    auto is_finished = false;
    {
      node_state_store store{setup.disk, log_directory};
      is_finished = !store.store(life(2));
    }
    setup.disk.cut_power();
    // The one that was damaged is mended, and fails in the middle of it again.
    setup.disk.power_off_at(setup.disk.changes() + 2);
    {
      node_state_store store{setup.disk, log_directory};
      static_cast<void>(store.store(life(3)));
    }
    setup.disk.cut_power();
    std::string warning;
    auto loaded = node_state_store{setup.disk, log_directory}.load(warning);
    ASSERT_TRUE(loaded && *loaded) << nth;
    EXPECT_GE((*loaded)->incarnation, incarnation{is_finished ? 2u : 1u});
    if (is_finished)
      break;
  }
}

} // namespace

} // namespace sluice::test
