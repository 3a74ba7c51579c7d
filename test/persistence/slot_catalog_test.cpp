#include "persistence/slot_catalog.hpp"

#include "persistence/checksum.hpp"
#include "persistence/little_endian.hpp"
#include "persistence/slot_catalog_codec.hpp"
#include "test/support/memory_vfs.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sluice::test {

namespace {

using namespace persistence;
using replication::invalidation_cause;

const std::filesystem::path directory = "/node";
constexpr std::array copies{"slots.a", "slots.b"};

slot_list sample(std::uint64_t restart) {
  replication::slot valid;
  valid.id = "r1";
  valid.storage = storage_id{77};
  valid.restart_lsn = lsn{restart};
  valid.confirmed_flush_lsn = lsn{restart};
  valid.confirmed_apply_lsn = lsn{restart - 1};
  valid.idle_before = std::chrono::milliseconds{1500};
  valid.last_seen = timestamp_ms{99};
  replication::slot lost;
  lost.id = "r2";
  lost.invalidated =
      replication::slot_invalidation{invalidation_cause::disk_pressure, timestamp_ms{98}};
  lost.limits = slot_limit_overrides{1, 2, std::chrono::milliseconds{3}};
  return {{valid, lost}, ""};
}

struct node_directory {
  explicit node_directory(std::uint64_t seed = 1) : disk(seed) {
    EXPECT_FALSE(disk.create_directories(directory));
  }
  caf::error store(const slot_list& list) { return slot_catalog{disk, directory}.store(list); }
  caf::expected<slot_list> load(bool should_exist = true) {
    warning.clear();
    return slot_catalog{disk, directory}.load(should_exist, warning);
  }
  memory_vfs disk;
  std::string warning;
};

TEST(slot_catalog, tells_a_limit_of_none_from_no_limit_of_its_own) {
  node_directory setup;
  auto list = sample(8);
  list.slots[0].limits.idle_timeout = std::chrono::milliseconds{0};
  ASSERT_FALSE(setup.store(list));
  EXPECT_EQ(*setup.load(), list);
}

TEST(slot_catalog, what_was_stored_is_loaded) {
  node_directory setup;
  ASSERT_FALSE(setup.store(sample(8)));
  setup.disk.cut_power_losing_all();
  auto loaded = setup.load();
  ASSERT_TRUE(loaded) << describe(loaded.error());
  EXPECT_EQ(*loaded, sample(8));
  EXPECT_EQ(setup.warning, "");
  EXPECT_EQ(setup.disk.content(directory / "slots.a"), setup.disk.content(directory / "slots.b"));
}

TEST(slot_catalog, a_new_directory_has_no_slots_and_lacks_none) {
  node_directory setup;
  EXPECT_EQ(*setup.load(false), slot_list{});
  EXPECT_EQ(setup.warning, "");
}

TEST(slot_catalog, is_missed_where_there_should_be_one) {
  node_directory setup;
  auto loaded = setup.load(true);
  ASSERT_TRUE(loaded);
  EXPECT_NE(loaded->incomplete, "");
  EXPECT_EQ(loaded->incomplete, setup.warning);
}

// The other store is used when one is damaged
TEST(slot_catalog, one_damaged_copy_is_warned_of_and_mended) {
  for (const auto* name : copies) {
    node_directory setup;
    ASSERT_FALSE(setup.store(sample(8)));
    auto intact = setup.disk.content(directory / name);
    for (std::size_t at = 0; at < intact.size(); ++at) {
      auto damaged = intact;
      damaged[at] ^= 16;
      setup.disk.set_content(directory / name, damaged);
      auto loaded = setup.load();
      ASSERT_TRUE(loaded) << describe(loaded.error());
      EXPECT_EQ(*loaded, sample(8));
      EXPECT_NE(setup.warning.find(name), std::string::npos);
      EXPECT_EQ(setup.disk.content(directory / name), intact);
    }
  }
}

TEST(slot_catalog, one_truncated_zeroed_or_missing_copy_is_mended) {
  for (const auto* name : copies) {
    node_directory setup;
    ASSERT_FALSE(setup.store(sample(8)));
    auto intact = setup.disk.content(directory / name);
    for (const auto& damaged :
         {std::string{}, intact.substr(0, intact.size() / 2), std::string(intact.size(), '\0')}) {
      setup.disk.set_content(directory / name, damaged);
      EXPECT_EQ(*setup.load(), sample(8));
      EXPECT_EQ(setup.disk.content(directory / name), intact);
    }
    setup.disk.erase(directory / name);
    EXPECT_EQ(*setup.load(), sample(8));
    EXPECT_NE(setup.warning.find("missing"), std::string::npos);
    EXPECT_EQ(setup.disk.content(directory / name), intact);
  }
}

// Where RedDB loads an empty list and prunes by it.
TEST(slot_catalog, two_damaged_copies_are_an_incomplete_list_until_somebody_says_otherwise) {
  node_directory setup;
  ASSERT_FALSE(setup.store(sample(8)));
  setup.disk.set_content(directory / "slots.a", "x");
  setup.disk.set_content(directory / "slots.b", "");
  auto loaded = setup.load();
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->slots.empty());
  EXPECT_NE(loaded->incomplete.find("slots.a"), std::string::npos);
  EXPECT_NE(loaded->incomplete.find("slots.b"), std::string::npos);
  EXPECT_EQ(setup.disk.content(directory / "slots.a"), "x");
  auto remade = sample(9);
  remade.incomplete = loaded->incomplete;
  ASSERT_FALSE(setup.store(remade));
  EXPECT_EQ(*setup.load(), remade);
}

TEST(slot_catalog, of_a_newer_version_is_refused_untouched) {
  node_directory setup;
  ASSERT_FALSE(setup.store(sample(8)));
  auto newer = encode(slot_catalog_copy{5, sample(9)});
  newer[4] = 2;
  put_little_endian(newer.data() + newer.size() - 4,
                    crc32c(std::string_view{newer}.substr(0, newer.size() - 4)));
  setup.disk.set_content(directory / "slots.b", newer);
  auto intact = setup.disk.content(directory / "slots.a");
  auto loaded = setup.load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(code_of(loaded.error()), errc::unknown_version);
  EXPECT_EQ(setup.disk.content(directory / "slots.b"), newer);
  EXPECT_EQ(setup.disk.content(directory / "slots.a"), intact);
}

TEST(slot_catalog, does_not_accept_positions_that_are_not_ordered) {
  auto list = sample(8);
  list.slots[0].confirmed_flush_lsn = lsn{9};
  EXPECT_FALSE(decode_slot_catalog(encode(slot_catalog_copy{1, list})));
  list = sample(8);
  list.slots[0].id = "../r1";
  EXPECT_FALSE(decode_slot_catalog(encode(slot_catalog_copy{1, list})));
}

TEST(slot_catalog, a_crash_at_any_call_leaves_the_old_or_the_new_list) {
  for (std::uint64_t at = 1;; ++at)
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      SCOPED_TRACE("power off at change " + std::to_string(at) + " seed " + std::to_string(seed));
      node_directory setup{seed};
      slot_catalog catalog{setup.disk, directory};
      ASSERT_FALSE(catalog.store(sample(8)));
      setup.disk.power_off_at(at);
      auto is_stored = !catalog.store(sample(80));
      setup.disk.cut_power();
      auto loaded = setup.load();
      ASSERT_TRUE(loaded) << describe(loaded.error());
      EXPECT_TRUE(*loaded == sample(80) || (!is_stored && *loaded == sample(8)));
      if (is_stored && seed == 19)
        return;
    }
}

TEST(slot_catalog, ignores_what_a_crash_left_unfinished) {
  node_directory setup;
  ASSERT_FALSE(setup.store(sample(8)));
  setup.disk.set_content(directory / "slots.a.tmp", "junk");
  EXPECT_EQ(*setup.load(), sample(8));
  ASSERT_FALSE(setup.store(sample(9)));
  EXPECT_EQ(*setup.load(), sample(9));
}

TEST(slot_catalog, is_stored_on_a_full_volume) {
  node_directory setup;
  ASSERT_FALSE(setup.store(sample(8)));
  setup.disk.set_capacity(2 * setup.disk.content(directory / "slots.a").size());
  ASSERT_FALSE(setup.store(sample(9)));
  setup.disk.cut_power_losing_all();
  EXPECT_EQ(*setup.load(), sample(9));
  EXPECT_EQ(setup.warning, "");
}

TEST(slot_catalog, survives_a_crash_at_any_call_on_a_full_volume) {
  for (std::uint64_t at = 1;; ++at)
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      SCOPED_TRACE("power off at change " + std::to_string(at) + " seed " + std::to_string(seed));
      node_directory setup{seed};
      slot_catalog catalog{setup.disk, directory};
      ASSERT_FALSE(catalog.store(sample(8)));
      setup.disk.set_capacity(2 * setup.disk.content(directory / "slots.a").size());
      setup.disk.power_off_at(at);
      auto is_stored = !catalog.store(sample(80));
      setup.disk.cut_power();
      auto loaded = setup.load();
      ASSERT_TRUE(loaded) << describe(loaded.error());
      EXPECT_TRUE(*loaded == sample(80) || (!is_stored && *loaded == sample(8)));
      if (is_stored && seed == 19)
        return;
    }
}

TEST(slot_catalog, that_cannot_be_stored_keeps_what_it_was) {
  node_directory setup;
  slot_catalog catalog{setup.disk, directory};
  ASSERT_FALSE(catalog.store(sample(8)));
  setup.disk.add_fault({vfs_call::sync_data, 1, errc::io_error, true});
  EXPECT_EQ(code_of(catalog.store(sample(9))), errc::io_error);
  setup.disk.clear_faults();
  EXPECT_EQ(*setup.load(), sample(8));
  EXPECT_FALSE(catalog.store(sample(10)));
  EXPECT_EQ(*setup.load(), sample(10));
}

} // namespace

} // namespace sluice::test
