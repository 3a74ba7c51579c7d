#include "persistence/outgoing_snapshot.hpp"

#include "persistence/checksum.hpp"
#include "persistence/little_endian.hpp"
#include "test/support/memory_vfs.hpp"

#include <sluice/errc.hpp>

#include <gtest/gtest.h>

namespace sluice::persistence {
namespace {

using test::memory_vfs;
using test::vfs_call;

const std::filesystem::path directory = "/data/snapshot/outgoing";
const std::vector<std::string> contents{std::string(1000, 'a'), std::string(1000, 'b'), "end"};
const snapshot_place place{lsn{42}, timeline_id{2}, term{3}, digest{77}};

std::unique_ptr<outgoing_snapshot> opened(memory_vfs& disk) {
  auto out = outgoing_snapshot::open(disk, directory);
  EXPECT_TRUE(out);
  return out ? std::move(*out) : nullptr;
}

caf::error make(outgoing_snapshot& out) {
  if (auto err = out.begin())
    return err;
  for (const auto& bytes : contents)
    if (auto err = out.add(bytes))
      return err;
  return out.finish(place);
}

void expect_whole(outgoing_snapshot& out) {
  ASSERT_TRUE(out.manifest());
  EXPECT_EQ(out.manifest()->at, place.at);
  EXPECT_EQ(out.manifest()->history, place.history);
  EXPECT_EQ(out.manifest()->bytes(), 2003u);
  ASSERT_EQ(out.manifest()->chunks.size(), contents.size());
  for (std::size_t i = contents.size(); i-- > 0;) {
    auto bytes = out.read(i);
    ASSERT_TRUE(bytes) << describe(bytes.error());
    EXPECT_EQ(*bytes, contents[i]);
  }
}

TEST(outgoing_snapshot, hands_out_what_was_put_together_in_a_later_life_too) {
  memory_vfs disk;
  auto out = opened(disk);
  EXPECT_FALSE(out->manifest());
  ASSERT_FALSE(make(*out));
  EXPECT_EQ(out->bytes(), 2003u);
  expect_whole(*out);
  expect_whole(*opened(disk));
  EXPECT_EQ(code_of(out->read(3).error()), errc::not_found);
}

TEST(outgoing_snapshot, may_be_of_nothing) {
  memory_vfs disk;
  auto out = opened(disk);
  ASSERT_FALSE(out->begin());
  ASSERT_FALSE(out->finish(place));
  EXPECT_EQ(opened(disk)->manifest()->bytes(), 0u);
}

TEST(outgoing_snapshot, makes_no_directory_before_the_first_one) {
  memory_vfs disk;
  auto out = opened(disk);
  EXPECT_FALSE(*disk.exists(directory));
  EXPECT_FALSE(out->discard());
}

TEST(outgoing_snapshot, leaves_nothing_when_it_is_discarded_or_was_never_finished) {
  memory_vfs disk;
  auto out = opened(disk);
  ASSERT_FALSE(make(*out));
  ASSERT_FALSE(out->discard());
  EXPECT_TRUE(disk.files().empty());
  EXPECT_EQ(code_of(out->read(0).error()), errc::not_found);
  ASSERT_FALSE(out->begin());
  ASSERT_FALSE(out->add(contents[0]));
  out = nullptr;
  EXPECT_FALSE(opened(disk)->manifest());
  EXPECT_TRUE(disk.files().empty());
}

TEST(outgoing_snapshot, leaves_no_folder_when_nobody_gets_it_any_more) {
  memory_vfs disk;
  auto out = opened(disk);
  ASSERT_FALSE(make(*out));
  ASSERT_FALSE(out->discard());
  EXPECT_FALSE(*disk.exists(directory));
  EXPECT_FALSE(*disk.exists(directory.parent_path()));
  ASSERT_FALSE(make(*out));
  expect_whole(*out);
}

TEST(outgoing_snapshot, leaves_the_folder_of_what_comes_in_beside_it) {
  memory_vfs disk;
  auto incoming = directory.parent_path() / "incoming";
  ASSERT_FALSE(disk.create_directories(incoming));
  auto out = opened(disk);
  ASSERT_FALSE(make(*out));
  ASSERT_FALSE(out->discard());
  EXPECT_FALSE(*disk.exists(directory));
  EXPECT_TRUE(*disk.exists(incoming));
}

TEST(outgoing_snapshot, is_replaced_by_the_next_one) {
  memory_vfs disk;
  auto out = opened(disk);
  ASSERT_FALSE(make(*out));
  ASSERT_FALSE(out->begin());
  EXPECT_FALSE(out->manifest());
  ASSERT_FALSE(out->add("other"));
  ASSERT_FALSE(out->finish({lsn{50}, timeline_id{2}, term{3}, digest{78}}));
  auto again = opened(disk);
  EXPECT_EQ(again->manifest()->at, lsn{50});
  EXPECT_EQ(*again->read(0), "other");
}

// What opens as complete was written to its end; what power took of it is found when it is read.
TEST(outgoing_snapshot, opens_as_complete_only_what_was_finished_wherever_power_fails) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    for (std::uint64_t step = 1;; ++step) {
      memory_vfs disk{seed};
      auto out = opened(disk);
      ASSERT_FALSE(out->begin());
      ASSERT_FALSE(out->add("old"));
      ASSERT_FALSE(out->finish({lsn{9}, timeline_id{1}, term{1}, digest{5}}));
      disk.power_off_at(step);
      auto err = make(*out);
      auto was_off = disk.is_power_off();
      out = nullptr;
      disk.cut_power();
      auto again = opened(disk);
      ASSERT_TRUE(again);
      if (again->manifest() && again->manifest()->at == place.at) {
        EXPECT_EQ(again->manifest()->chunks.size(), contents.size());
        for (std::size_t i = 0; i < contents.size(); ++i) {
          auto bytes = again->read(i);
          if (bytes)
            EXPECT_EQ(*bytes, contents[i]);
          else
            EXPECT_EQ(code_of(bytes.error()), errc::corruption);
        }
      } else if (again->manifest()) {
        EXPECT_EQ(again->manifest()->at, lsn{9});
        auto bytes = again->read(0);
        EXPECT_TRUE(bytes ? *bytes == "old" : code_of(bytes.error()) == errc::corruption);
      }
      ASSERT_FALSE(make(*again));
      expect_whole(*again);
      if (!was_off) {
        EXPECT_FALSE(err);
        break;
      }
    }
}

TEST(outgoing_snapshot, finds_damage_when_it_reads) {
  memory_vfs disk;
  ASSERT_FALSE(make(*opened(disk)));
  auto data = directory / "data";
  auto bytes = disk.content(data);
  bytes[1500] ^= 1;
  disk.set_content(data, bytes);
  auto out = opened(disk);
  EXPECT_TRUE(out->read(0));
  auto damaged = out->read(1);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(code_of(damaged.error()), errc::corruption);
  EXPECT_NE(describe(damaged.error()).find("chunk 1"), std::string::npos);
  bytes.resize(2001);
  disk.set_content(data, bytes);
  EXPECT_EQ(code_of(opened(disk)->read(2).error()), errc::corruption);
  disk.erase(data);
  EXPECT_EQ(code_of(opened(disk)->read(0).error()), errc::corruption);
}

TEST(outgoing_snapshot, of_a_damaged_manifest_is_removed_and_of_a_later_version_left_alone) {
  memory_vfs disk;
  ASSERT_FALSE(make(*opened(disk)));
  auto manifest = directory / "manifest";
  auto bytes = disk.content(manifest);
  auto newer = bytes;
  put_little_endian(newer.data() + 4, std::uint16_t{snapshot_manifest_version + 1});
  auto covered = newer.size() - 4;
  put_little_endian(newer.data() + covered, crc32c(std::string_view{newer}.substr(0, covered)));
  disk.set_content(manifest, newer);
  auto refused = outgoing_snapshot::open(disk, directory);
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), errc::unknown_version);
  EXPECT_EQ(disk.files().size(), 2u);
  bytes[20 + 8] ^= 1;
  disk.set_content(manifest, bytes);
  EXPECT_FALSE(opened(disk)->manifest());
  EXPECT_TRUE(disk.files().empty());
}

TEST(outgoing_snapshot, leaves_nothing_when_there_is_no_room) {
  memory_vfs disk;
  auto out = opened(disk);
  disk.set_capacity(1500);
  EXPECT_EQ(code_of(make(*out)), errc::no_space);
  EXPECT_TRUE(disk.files().empty());
  // Room for the bytes, and none for the manifest.
  disk.set_capacity(2010);
  EXPECT_EQ(code_of(make(*out)), errc::no_space);
  EXPECT_TRUE(disk.files().empty());
  disk.set_capacity(100'000);
  ASSERT_FALSE(make(*out));
  expect_whole(*out);
}

TEST(outgoing_snapshot, leaves_nothing_that_opens_after_an_error_of_any_call) {
  for (auto call : {vfs_call::open, vfs_call::write, vfs_call::sync_data, vfs_call::rename,
                    vfs_call::sync_directory})
    for (std::uint64_t nth = 1; nth <= 8; ++nth) {
      memory_vfs disk;
      auto out = opened(disk);
      disk.add_fault({call, nth, errc::io_error, false});
      auto err = make(*out);
      if (disk.faults_hit() == 0)
        break;
      disk.clear_faults();
      EXPECT_TRUE(err);
      EXPECT_FALSE(out->manifest());
      EXPECT_FALSE(opened(disk)->manifest());
      ASSERT_FALSE(make(*out));
      expect_whole(*out);
    }
}

} // namespace
} // namespace sluice::persistence
