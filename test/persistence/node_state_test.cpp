#include "persistence/node_state.hpp"
#include "test/support/memory_vfs.hpp"

#include <gtest/gtest.h>

namespace sluice::test {

namespace {

using namespace persistence;

const std::filesystem::path directory = "/node";

node_state sample(std::uint64_t life) {
  node_state state;
  state.node = "n1";
  state.region = "eu";
  state.cluster = "c";
  state.role = node_role::replica;
  state.storage = storage_id{77};
  state.incarnation = incarnation{life};
  state.term = term{life};
  state.timeline = timeline_id{2};
  state.granted_term = term{life};
  state.granted_to = "n2";
  state.history = {{timeline_id{2}, timeline_id{1}, lsn{9}, digest{5}, term{2}, "n2"}};
  state.members = {"n1", "n2", "n3"};
  state.members_version = 4;
  state.log_start = lsn{50};
  state.restart = log_restart{lsn{90}, digest{91}, true,           term{6},       lsn{92},
                              lsn{93}, true,       timeline_id{6}, state.history, "table"};
  state.wants_snapshot = true;
  state.history_term = term{3};
  state.discarded_through = lsn{40};
  state.rewind = log_rewind{lsn{95}, digest{96}, lsn{99}, 4, "7.2"};
  return state;
}

struct node_directory {
  explicit node_directory(std::uint64_t seed = 1) : disk(seed) {
    EXPECT_FALSE(disk.create_directories(directory));
  }
  caf::expected<std::optional<node_state>> load() {
    warning.clear();
    return node_state_store{disk, directory}.load(warning);
  }
  memory_vfs disk;
  std::string warning;
};

TEST(node_state, a_new_directory_has_none) {
  node_directory setup;
  auto loaded = setup.load();
  ASSERT_TRUE(loaded) << describe(loaded.error());
  EXPECT_FALSE(*loaded);
}

TEST(node_state, what_was_stored_is_loaded) {
  node_directory setup;
  ASSERT_FALSE(node_state_store(setup.disk, directory).store(sample(3)));
  setup.disk.cut_power_losing_all();
  auto loaded = setup.load();
  ASSERT_TRUE(loaded) << describe(loaded.error());
  EXPECT_EQ(*loaded, sample(3));
  EXPECT_EQ(setup.warning, "");
  EXPECT_EQ(setup.disk.content(directory / "node_state.a"),
            setup.disk.content(directory / "node_state.b"));
}

TEST(node_state, one_damaged_copy_is_warned_of_and_mended) {
  for (const auto* name : {"node_state.a", "node_state.b"}) {
    node_directory setup;
    ASSERT_FALSE(node_state_store(setup.disk, directory).store(sample(3)));
    auto intact = setup.disk.content(directory / name);
    for (std::size_t at = 0; at < intact.size(); ++at) {
      auto damaged = intact;
      damaged[at] ^= 16;
      setup.disk.set_content(directory / name, damaged);
      auto loaded = setup.load();
      ASSERT_TRUE(loaded) << describe(loaded.error());
      EXPECT_EQ(*loaded, sample(3));
      EXPECT_NE(setup.warning.find(name), std::string::npos);
      EXPECT_EQ(setup.disk.content(directory / name), intact);
    }
  }
}

TEST(node_state, two_damaged_copies_are_refused) {
  node_directory setup;
  ASSERT_FALSE(node_state_store(setup.disk, directory).store(sample(3)));
  setup.disk.set_content(directory / "node_state.a", "x");
  setup.disk.set_content(directory / "node_state.b", "");
  auto loaded = setup.load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(code_of(loaded.error()), errc::corruption);
}

TEST(node_state, nothing_of_it_goes_back) {
  node_directory setup;
  ASSERT_FALSE(node_state_store(setup.disk, directory).store(sample(3)));
  node_state_store store{setup.disk, directory};
  EXPECT_EQ(code_of(store.store(sample(2))), errc::invalid_argument);
  auto other_grant = sample(3);
  other_grant.granted_to = "n3";
  EXPECT_EQ(code_of(store.store(other_grant)), errc::invalid_argument);
  auto older_members = sample(4);
  older_members.members_version = 3;
  EXPECT_EQ(code_of(store.store(older_members)), errc::invalid_argument);
  EXPECT_FALSE(store.store(sample(4)));
}

TEST(node_state, a_crash_at_any_call_leaves_the_old_or_the_new_state) {
  for (std::uint64_t at = 1;; ++at)
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      SCOPED_TRACE("power off at change " + std::to_string(at) + " seed " + std::to_string(seed));
      node_directory setup{seed};
      node_state_store store{setup.disk, directory};
      ASSERT_FALSE(store.store(sample(3)));
      setup.disk.power_off_at(at);
      auto is_stored = !store.store(sample(4));
      setup.disk.cut_power();
      auto loaded = setup.load();
      ASSERT_TRUE(loaded) << describe(loaded.error());
      ASSERT_TRUE(*loaded);
      EXPECT_TRUE(**loaded == sample(4) || (!is_stored && **loaded == sample(3)));
      if (is_stored && seed == 19)
        return;
    }
}

} // namespace

} // namespace sluice::test
