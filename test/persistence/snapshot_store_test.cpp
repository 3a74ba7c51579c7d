#include "persistence/snapshot_store.hpp"

#include "persistence/checksum.hpp"
#include "persistence/little_endian.hpp"
#include "test/support/memory_vfs.hpp"

#include <gtest/gtest.h>

/// A snapshot that arrives chunk by chunk, and what is left of it after a crash.
namespace sluice::test {
namespace {

using namespace persistence;

const std::filesystem::path directory = "/node/snapshot";
const std::vector<std::string> content{"first chunk", "second", "the third one"};

snapshot_manifest manifest_of(const std::vector<std::string>& chunks, std::uint64_t at = 42) {
  snapshot_manifest x{lsn{at}, timeline_id{2}, term{3}, digest{4}, {}};
  for (const auto& bytes : chunks)
    x.chunks.push_back(chunk_of(bytes));
  return x;
}

/// Remembers what it was given.
class recorded_sink final : public snapshot_sink {
public:
  caf::error begin(lsn at) override {
    begun = at;
    bytes.clear();
    return {};
  }
  caf::error write(std::string_view chunk) override {
    bytes += chunk;
    return {};
  }
  caf::error install(lsn at) override {
    installed = at;
    return refusal;
  }
  void abort() override { ++aborts; }
  caf::expected<bool> stage(lsn at, const std::filesystem::path& file) override {
    if (!takes_file)
      return false;
    begun = at;
    staged_file = file;
    return true;
  }

  bool takes_file = false;
  std::filesystem::path staged_file;

  lsn begun;
  lsn installed;
  std::string bytes;
  caf::error refusal;
  int aborts = 0;
};

class snapshot_staging : public testing::Test {
protected:
  std::unique_ptr<snapshot_store> open() {
    auto opened = snapshot_store::open(disk, directory);
    EXPECT_TRUE(opened);
    return opened ? std::move(*opened) : nullptr;
  }

  /// Begins and puts the first `count` chunks.
  std::unique_ptr<snapshot_store> stage(std::size_t count) {
    auto store = open();
    EXPECT_FALSE(store->begin(manifest_of(content)));
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_FALSE(store->put(i, content[i]));
    EXPECT_FALSE(store->sync());
    EXPECT_EQ(store->durable(), count);
    return store;
  }

  std::string data() { return disk.content(directory / "data"); }

  memory_vfs disk;
};

TEST_F(snapshot_staging, holds_nothing_at_first) {
  auto store = open();
  EXPECT_FALSE(store->manifest());
  EXPECT_FALSE(store->is_whole());
  EXPECT_EQ(code_of(store->put(0, "x")), errc::invalid_argument);
}

TEST_F(snapshot_staging, takes_chunks_in_order_and_hands_them_on) {
  auto store = stage(3);
  ASSERT_TRUE(store->is_whole());
  recorded_sink sink;
  ASSERT_FALSE(store->install(sink));
  EXPECT_EQ(sink.begun, lsn{42});
  EXPECT_EQ(sink.installed, lsn{42});
  EXPECT_EQ(sink.bytes, content[0] + content[1] + content[2]);
  EXPECT_EQ(sink.aborts, 0);
}

TEST_F(snapshot_staging, refuses_what_the_manifest_does_not_name) {
  auto store = stage(1);
  EXPECT_EQ(code_of(store->put(1, "other bytes")), errc::corruption);
  EXPECT_EQ(code_of(store->put(2, content[2])), errc::invalid_argument) << "it does not come next";
  EXPECT_EQ(code_of(store->put(3, "x")), errc::invalid_argument);
  EXPECT_EQ(store->staged(), 1u);
  EXPECT_FALSE(store->put(0, content[0])) << "the same again";
  EXPECT_EQ(code_of(store->put(0, "not the same")), errc::corruption);
}

TEST_F(snapshot_staging, is_not_installed_by_half) {
  auto store = stage(2);
  recorded_sink sink;
  EXPECT_EQ(code_of(store->install(sink)), errc::invalid_argument);
  EXPECT_EQ(sink.begun, no_lsn);
}

TEST_F(snapshot_staging, tells_the_sink_to_abort_when_it_refuses) {
  auto store = stage(3);
  recorded_sink sink;
  sink.refusal = make_error(errc::corruption, "no such state");
  EXPECT_EQ(code_of(store->install(sink)), errc::corruption);
  EXPECT_EQ(sink.aborts, 1);
  EXPECT_TRUE(store->is_whole()) << "it can be tried again";
}

TEST_F(snapshot_staging, hands_on_its_file_to_a_sink_that_takes_it) {
  auto store = stage(3);
  recorded_sink sink;
  sink.takes_file = true;
  ASSERT_FALSE(store->install(sink));
  EXPECT_EQ(sink.installed, lsn{42});
  EXPECT_EQ(disk.content(sink.staged_file), content[0] + content[1] + content[2]);
  EXPECT_TRUE(sink.bytes.empty());
}

TEST_F(snapshot_staging, calls_durable_only_what_was_synced) {
  auto store = stage(1);
  ASSERT_FALSE(store->put(1, content[1]));
  EXPECT_EQ(store->staged(), 2u);
  EXPECT_EQ(store->durable(), 1u);
  EXPECT_EQ(store->unsynced_bytes(), content[1].size());
  disk.add_fault({vfs_call::sync_data, 1, errc::io_error, false});
  EXPECT_EQ(code_of(store->sync()), errc::io_error);
  EXPECT_EQ(store->staged(), 1u);
  EXPECT_EQ(code_of(store->put(1, content[1])), errc::invalid_argument) << "it is to be reopened";
  EXPECT_GE(open()->staged(), 1u);
}

TEST_F(snapshot_staging, that_cannot_be_written_takes_with_it_what_was_not_synced) {
  auto store = stage(1);
  ASSERT_FALSE(store->put(1, content[1]));
  disk.add_fault({vfs_call::write, 1, errc::io_error, true});
  EXPECT_EQ(code_of(store->put(2, content[2])), errc::io_error);
  EXPECT_EQ(store->staged(), 1u) << "what of it has reached the disk nobody knows";
  EXPECT_EQ(code_of(store->put(1, content[1])), errc::invalid_argument) << "it is to be reopened";
  disk.clear_faults();
  EXPECT_GE(open()->staged(), 1u);
}

TEST_F(snapshot_staging, without_room_holds_nothing) {
  auto store = open();
  disk.add_fault({vfs_call::allocate, 1, errc::no_space, false});
  EXPECT_EQ(code_of(store->begin(manifest_of(content))), errc::no_space);
  EXPECT_FALSE(store->manifest());
  EXPECT_TRUE(disk.files().empty());
}

TEST_F(snapshot_staging, goes_on_where_it_was_after_a_crash) {
  stage(2);
  disk.cut_power_losing_all();
  auto store = open();
  EXPECT_EQ(store->staged(), 2u);
  ASSERT_FALSE(store->begin(manifest_of(content))) << "the same snapshot is offered again";
  EXPECT_EQ(store->staged(), 2u);
  ASSERT_FALSE(store->put(2, content[2]));
  EXPECT_TRUE(store->is_whole());
}

TEST_F(snapshot_staging, goes_on_at_the_first_chunk_that_is_damaged) {
  stage(3);
  auto damaged = data();
  damaged[content[0].size()] ^= 1;
  disk.set_content(directory / "data", damaged);
  auto store = open();
  EXPECT_EQ(store->staged(), 1u);
  ASSERT_FALSE(store->put(1, content[1]));
  ASSERT_FALSE(store->put(2, content[2]));
  EXPECT_EQ(data(), content[0] + content[1] + content[2]);
}

TEST_F(snapshot_staging, hands_on_no_chunk_that_was_damaged_meanwhile) {
  auto store = stage(3);
  auto damaged = data();
  damaged.back() ^= 1;
  disk.set_content(directory / "data", damaged);
  recorded_sink sink;
  EXPECT_EQ(code_of(store->install(sink)), errc::corruption);
  EXPECT_EQ(sink.installed, no_lsn);
  EXPECT_EQ(sink.aborts, 1);
}

/// A sink that has made the file its state, and a crash before it was removed here.
TEST_F(snapshot_staging, never_writes_to_a_file_that_is_a_state_by_now) {
  stage(content.size());
  const std::filesystem::path live = "/data/live";
  ASSERT_TRUE(disk.link(directory / "data", live));
  std::string_view changed = "changed since";
  ASSERT_FALSE((*disk.open(live, open_mode::read_write))->write_at(0, {&changed, 1}));
  auto before = disk.content(live);
  auto store = stage(content.size());
  EXPECT_TRUE(store->is_whole());
  EXPECT_EQ(disk.content(live), before);
  EXPECT_FALSE(*disk.has_other_name(directory / "data"));
}

TEST_F(snapshot_staging, forgets_one_snapshot_for_another) {
  auto store = stage(3);
  auto other = manifest_of({"other"}, 50);
  ASSERT_FALSE(store->begin(other));
  EXPECT_EQ(store->staged(), 0u);
  EXPECT_EQ(store->manifest(), other);
  EXPECT_EQ(data(), std::string(5, '\0')) << "room for what is to come";
}

TEST_F(snapshot_staging, leaves_nothing_behind_when_it_is_discarded) {
  auto store = stage(2);
  ASSERT_FALSE(store->discard());
  EXPECT_FALSE(store->manifest());
  EXPECT_TRUE(disk.files().empty());
}

TEST_F(snapshot_staging, with_a_damaged_manifest_begins_anew) {
  stage(2);
  disk.set_content(directory / "manifest", "not one");
  EXPECT_FALSE(open()->manifest());
  EXPECT_TRUE(disk.files().empty());
}

TEST_F(snapshot_staging, of_a_later_version_is_not_touched) {
  stage(2);
  auto bytes = disk.content(directory / "manifest");
  put_little_endian(bytes.data() + 4, std::uint16_t{snapshot_manifest_version + 1});
  auto covered = bytes.size() - 4;
  put_little_endian(bytes.data() + covered, crc32c(std::string_view{bytes}.substr(0, covered)));
  disk.set_content(directory / "manifest", bytes);
  auto files = disk.files();
  auto refused = snapshot_store::open(disk, directory);
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), errc::unknown_version);
  EXPECT_EQ(disk.files(), files);
}

TEST_F(snapshot_staging, survives_a_power_cut_at_every_change) {
  for (std::uint64_t nth = 1;; ++nth) {
    memory_vfs cut{nth};
    auto life = [&]() -> std::size_t {
      auto store = snapshot_store::open(cut, directory);
      if (!store || (*store)->begin(manifest_of(content)))
        return 0;
      while (!(*store)->is_whole())
        if ((*store)->put((*store)->staged(), content[(*store)->staged()]) || (*store)->sync())
          break;
      return (*store)->durable();
    };
    cut.power_off_at(nth);
    auto told = life();
    auto is_cut_short = cut.is_power_off();
    cut.cut_power();
    auto store = snapshot_store::open(cut, directory);
    ASSERT_TRUE(store) << "after change " << nth;
    EXPECT_GE((*store)->staged(), told) << "what was said to be durable is lost, change " << nth;
    EXPECT_EQ(life(), content.size());
    EXPECT_EQ(cut.content(directory / "data"), content[0] + content[1] + content[2]);
    if (!is_cut_short)
      break;
  }
}

TEST_F(snapshot_staging, is_discarded_whole_or_not_at_all_by_a_power_cut) {
  for (std::uint64_t nth = 1;; ++nth) {
    memory_vfs cut{nth};
    auto opened = snapshot_store::open(cut, directory);
    ASSERT_TRUE(opened);
    auto& store = *opened;
    ASSERT_FALSE(store->begin(manifest_of(content)));
    for (std::size_t i = 0; i < content.size(); ++i)
      ASSERT_FALSE(store->put(i, content[i]));
    cut.power_off_at(nth);
    static_cast<void>(store->discard());
    auto is_cut_short = cut.is_power_off();
    cut.cut_power();
    auto again = snapshot_store::open(cut, directory);
    ASSERT_TRUE(again) << "after change " << nth;
    EXPECT_TRUE((*again)->is_whole() || !(*again)->manifest()) << "after change " << nth;
    if (!is_cut_short)
      break;
  }
}

TEST(remove_incoming_snapshot, leaves_nothing_but_what_goes_out) {
  memory_vfs disk;
  EXPECT_FALSE(remove_incoming_snapshot(disk, "/node")) << "there is none";
  auto store = snapshot_store::open(disk, incoming_snapshot_folder("/node"));
  ASSERT_TRUE(store);
  ASSERT_FALSE((*store)->begin(manifest_of(content)));
  ASSERT_FALSE((*store)->put(0, content[0]));
  store->reset();
  ASSERT_FALSE(disk.create_directories("/node/snapshot/outgoing"));
  ASSERT_FALSE(remove_incoming_snapshot(disk, "/node"));
  EXPECT_TRUE(disk.files().empty());
  EXPECT_FALSE(*disk.exists("/node/snapshot/incoming"));
  EXPECT_TRUE(*disk.exists("/node/snapshot/outgoing"));
  ASSERT_FALSE(disk.create_directories(incoming_snapshot_folder("/node")));
  ASSERT_FALSE(disk.remove_directory("/node/snapshot/outgoing"));
  ASSERT_FALSE(remove_incoming_snapshot(disk, "/node"));
  EXPECT_FALSE(*disk.exists("/node/snapshot"));
}

TEST(snapshot_manifest, is_read_back) {
  auto x = manifest_of(content);
  EXPECT_EQ(x.bytes(), 30u);
  EXPECT_EQ(*decode_snapshot_manifest(encode(x)), x);
  EXPECT_EQ(*decode_snapshot_manifest(encode(manifest_of({}))), manifest_of({}));
}

TEST(snapshot_manifest, that_is_damaged_anywhere_is_refused) {
  auto bytes = encode(manifest_of(content));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    EXPECT_FALSE(decode_snapshot_manifest(damaged)) << "byte " << i;
    EXPECT_FALSE(decode_snapshot_manifest(bytes.substr(0, i)));
  }
}

} // namespace
} // namespace sluice::test
