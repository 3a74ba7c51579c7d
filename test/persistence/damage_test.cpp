#include "persistence/checksum.hpp"
#include "persistence/inspect.hpp"
#include "persistence/little_endian.hpp"
#include "persistence/mark.hpp"
#include "persistence/segment_header.hpp"
#include "persistence/segment_name.hpp"
#include "persistence/verify.hpp"
#include "test/persistence/spool_fixture.hpp"

#include <random>

namespace sluice::test {

namespace {

using namespace persistence;

constexpr std::uint64_t record_count = 60;

/// A log of some segments; the last batch is behind the last mark unless it is closed.
void fill(memory_log& setup, bool is_closed = false) {
  auto log = setup.open();
  for (std::uint64_t i = 0; i < record_count; ++i) {
    ASSERT_FALSE(append_next(**log));
    ASSERT_FALSE(run_chores(setup.disk, **log));
  }
  if (is_closed) {
    ASSERT_FALSE((*log)->close());
  }
}

std::vector<std::filesystem::path> segment_paths(const memory_log& setup) {
  std::vector<std::filesystem::path> paths;
  for (const auto& path : setup.disk.files())
    if (parse_segment_file_name(path.filename().string()))
      paths.push_back(path);
  return paths;
}

std::vector<damage> damages_of(memory_log& setup) {
  auto report = verify_log(setup.disk, log_directory, {});
  EXPECT_TRUE(report) << describe(report.error());
  return report ? report->damages : std::vector<damage>{};
}

/// Whether any record that can be read is another than the one that was appended.
testing::AssertionResult serves_nothing_false(memory_log& setup) {
  auto reader = spool_reader::open(setup.disk, log_directory);
  if (!reader)
    return testing::AssertionSuccess();
  for (lsn at = no_lsn; at < lsn{record_count}; at = next(at)) {
    auto records = read_records(**reader, at, next(at));
    if (records && records->front().bytes.view() != record_text(next(at).value))
      return testing::AssertionFailure() << "served a false record " << next(at).value;
  }
  return testing::AssertionSuccess();
}

TEST(damage, an_intact_log_verifies) {
  for (bool is_closed : {false, true}) {
    memory_log setup;
    fill(setup, is_closed);
    auto report = verify_log(setup.disk, log_directory, {});
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_TRUE(report->damages.empty()) << report->damages.front().reason;
    EXPECT_EQ(report->records, record_count);
    EXPECT_EQ(report->first, lsn{1});
    EXPECT_EQ(report->last, lsn{record_count});
    EXPECT_EQ(report->segments, segment_paths(setup).size());
  }
}

TEST(damage, any_flipped_bit_is_detected_and_never_served) {
  auto seed = std::uint64_t{20260719};
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  for (bool is_closed : {false, true}) {
    memory_log setup;
    fill(setup, is_closed);
    auto segments = list_segments(setup.disk, log_directory);
    ASSERT_TRUE(segments);
    std::vector<std::pair<std::filesystem::path, std::uint64_t>> bits;
    for (const auto& info : *segments)
      for (std::uint64_t bit = 0; bit < info.used_bytes * 8; ++bit)
        if (bit < 2400 || bit + 800 > info.used_bytes * 8 || random() % 40 == 0)
          bits.emplace_back(log_directory / info.file_name, bit);
    for (const auto& [path, bit] : bits) {
      SCOPED_TRACE(path.string() + " bit " + std::to_string(bit));
      auto disk_before = setup.disk.content(path);
      auto flipped = disk_before;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      setup.disk.set_content(path, flipped);
      auto is_reported = !damages_of(setup).empty();
      if (bit % 16 == 0) {
        ASSERT_TRUE(serves_nothing_false(setup));
      }
      if (!is_reported) {
        memory_log copy;
        for (const auto& file : setup.disk.files())
          copy.disk.set_content(file, setup.disk.content(file));
        auto log = copy.open();
        is_reported = !log || (*log)->recovery().torn.has_value();
      }
      ASSERT_TRUE(is_reported);
      setup.disk.set_content(path, disk_before);
    }
  }
}

TEST(damage, a_log_that_is_refused_is_not_changed) {
  memory_log setup;
  fill(setup);
  auto path = segment_paths(setup).back();
  auto bytes = setup.disk.content(path);
  bytes[segment_header_bytes + mark_bytes + 20] ^= 1;
  setup.disk.set_content(path, bytes);
  auto changes = setup.disk.changes();
  auto log = setup.open();
  ASSERT_FALSE(log);
  EXPECT_EQ(code_of(log.error()), errc::corruption);
  EXPECT_NE(describe(log.error()).find("offset=240"), std::string::npos) << describe(log.error());
  EXPECT_EQ(setup.disk.changes(), changes);
}

TEST(damage, a_segment_cut_off_anywhere_is_refused) {
  memory_log setup;
  fill(setup);
  for (const auto& path : segment_paths(setup)) {
    auto whole = setup.disk.content(path);
    for (std::size_t bytes = 0; bytes < whole.size(); bytes += bytes < 200 ? 1 : 7) {
      setup.disk.set_content(path, whole.substr(0, bytes));
      auto log = setup.open();
      ASSERT_FALSE(log) << path << " cut at " << bytes;
      EXPECT_EQ(code_of(log.error()), errc::corruption);
    }
    setup.disk.set_content(path, whole);
  }
}

TEST(damage, a_missing_segment_is_refused_wherever_it_was) {
  memory_log setup;
  fill(setup);
  auto paths = segment_paths(setup);
  ASSERT_GE(paths.size(), 3u);
  for (std::size_t i = 0; i + 1 < paths.size(); ++i) {
    auto bytes = setup.disk.content(paths[i]);
    setup.disk.erase(paths[i]);
    auto log = setup.open();
    ASSERT_FALSE(log) << paths[i];
    EXPECT_EQ(code_of(log.error()), errc::corruption);
    EXPECT_FALSE(damages_of(setup).empty());
    setup.disk.set_content(paths[i], bytes);
  }
}

/// Refused by open and by verify, with the name (the generation may have been a later one) and
/// the LSN of what is missing; nothing changed.
void expect_missing_end(memory_log& setup, const std::string& file, const std::string& position) {
  auto stem = file.substr(0, file.find('-'));
  auto changes = setup.disk.changes();
  auto log = setup.open();
  ASSERT_FALSE(log);
  EXPECT_EQ(code_of(log.error()), errc::corruption);
  EXPECT_NE(describe(log.error()).find(stem), std::string::npos) << describe(log.error());
  EXPECT_NE(describe(log.error()).find("lsn=" + position + ":"), std::string::npos)
      << describe(log.error());
  auto damages = damages_of(setup);
  ASSERT_EQ(damages.size(), 1u);
  EXPECT_TRUE(damages[0].file.filename().string().starts_with(stem)) << damages[0].file;
  EXPECT_EQ(to_string(damages[0].lsn), position);
  EXPECT_EQ(setup.disk.changes(), changes);
}

TEST(damage, the_newest_segments_missing_after_a_clean_close_are_refused) {
  for (std::size_t lost = 1;; ++lost) {
    memory_log setup;
    fill(setup, true);
    auto paths = segment_paths(setup);
    ASSERT_GE(paths.size(), 3u);
    if (lost == paths.size())
      break;
    auto first_lost = paths.size() - lost;
    for (auto i = first_lost; i < paths.size(); ++i)
      setup.disk.erase(paths[i]);
    auto name = paths[first_lost].filename().string();
    expect_missing_end(setup, name, to_string(parse_segment_file_name(name)->first));
  }
}

TEST(damage, all_segments_missing_are_refused_when_an_index_is_left) {
  for (bool is_pruned : {false, true}) {
    memory_log setup;
    fill(setup);
    if (is_pruned) {
      auto log = setup.open();
      ASSERT_TRUE((*log)->prune_through(lsn{record_count}));
      ASSERT_FALSE(run_chores(setup.disk, **log));
    }
    auto paths = segment_paths(setup);
    auto lost = std::filesystem::path{};
    for (const auto& path : paths) {
      lost = path;
      setup.disk.erase(path);
    }
    auto name = lost.filename().string();
    expect_missing_end(setup, name, to_string(parse_segment_file_name(name)->first));
  }
}

TEST(damage, without_segments_and_indexes_nothing_is_proven) {
  memory_log setup;
  fill(setup, true);
  for (const auto& path : setup.disk.files())
    if (path.extension() == ".seg" || path.extension() == ".idx")
      setup.disk.erase(path);
  EXPECT_TRUE(damages_of(setup).empty());
  EXPECT_TRUE(setup.open());
}

TEST(damage, swapped_segments_are_refused) {
  memory_log setup;
  fill(setup);
  auto paths = segment_paths(setup);
  auto first = setup.disk.content(paths[0]);
  setup.disk.set_content(paths[0], setup.disk.content(paths[1]));
  setup.disk.set_content(paths[1], first);
  auto log = setup.open();
  ASSERT_FALSE(log);
  EXPECT_EQ(code_of(log.error()), errc::corruption);
}

TEST(damage, a_segment_of_another_history_is_refused) {
  memory_log setup;
  fill(setup);
  memory_log other;
  {
    auto log = other.open();
    while ((*log)->next_lsn() <= lsn{record_count}) {
      std::vector entries{entry_of({record_text((*log)->next_lsn().value)})};
      ASSERT_TRUE((*log)->append(entries, term{2}, timeline_id{1}));
    }
  }
  auto paths = segment_paths(setup);
  setup.disk.set_content(paths[1], other.disk.content(paths[1]));
  auto log = setup.open();
  ASSERT_FALSE(log);
  EXPECT_EQ(code_of(log.error()), errc::corruption);
}

TEST(damage, a_directory_of_another_cluster_is_refused) {
  memory_log setup;
  fill(setup);
  auto log = spool::open(setup.disk, log_directory, setup.options, {"elsewhere"});
  ASSERT_FALSE(log);
  EXPECT_EQ(code_of(log.error()), errc::wrong_cluster);
}

TEST(damage, a_newer_version_is_refused_as_newer) {
  memory_log setup;
  fill(setup);
  auto path = segment_paths(setup).back();
  auto bytes = setup.disk.content(path);
  bytes[4] = 2;
  auto crc = crc32c({bytes.data(), 188});
  put_little_endian(bytes.data() + 188, crc);
  setup.disk.set_content(path, bytes);
  auto changes = setup.disk.changes();
  auto log = setup.open();
  ASSERT_FALSE(log);
  EXPECT_EQ(code_of(log.error()), errc::unknown_version);
  EXPECT_EQ(setup.disk.changes(), changes);
}

TEST(damage, a_damaged_or_missing_index_is_made_again) {
  for (bool is_missing : {false, true}) {
    memory_log setup;
    fill(setup);
    auto files = setup.disk.files();
    auto index = std::find_if(files.begin(), files.end(),
                              [](const auto& path) { return path.extension() == ".idx"; });
    ASSERT_NE(index, files.end());
    auto intact = setup.disk.content(*index);
    auto damaged = intact;
    damaged[30] ^= 4;
    is_missing ? setup.disk.erase(*index) : setup.disk.set_content(*index, damaged);
    EXPECT_EQ(damages_of(setup).empty(), is_missing);
    auto log = setup.open();
    ASSERT_TRUE(log) << describe(log.error());
    ASSERT_FALSE(run_chores(setup.disk, **log));
    EXPECT_EQ(setup.disk.content(*index), intact);
    EXPECT_TRUE(damages_of(setup).empty());
  }
}

TEST(damage, a_torn_last_group_is_cut_kept_aside_and_reported) {
  memory_log setup;
  fill(setup);
  auto path = segment_paths(setup).back();
  auto segments = list_segments(setup.disk, log_directory);
  auto bytes = setup.disk.content(path);
  auto torn_byte = static_cast<std::size_t>(segments->back().used_bytes) - 9;
  bytes[torn_byte] ^= 1;
  setup.disk.set_content(path, bytes);
  auto log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  const auto& torn = (*log)->recovery().torn;
  ASSERT_TRUE(torn);
  EXPECT_EQ(torn->segment, path);
  EXPECT_EQ(torn->lsn, lsn{record_count});
  EXPECT_EQ((*log)->durable_lsn(), lsn{record_count - 1});
  EXPECT_EQ(setup.disk.content(torn->kept_as), bytes.substr(static_cast<std::size_t>(torn->offset),
                                                            static_cast<std::size_t>(torn->bytes)));
  ASSERT_FALSE(append_next(**log));
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

TEST(damage, a_torn_first_record_leaves_an_empty_log_that_goes_on) {
  memory_log setup;
  ASSERT_FALSE(append_next(**setup.open()));
  auto path = segment_paths(setup).back();
  auto segments = list_segments(setup.disk, log_directory);
  auto bytes = setup.disk.content(path);
  auto end = static_cast<std::size_t>(segments->back().used_bytes);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(end - 2), 2, '\xff');
  setup.disk.set_content(path, bytes);
  auto log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->durable_lsn(), no_lsn);
  ASSERT_FALSE(append_next(**log));
  EXPECT_EQ((*log)->durable_lsn(), lsn{1});
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

} // namespace

} // namespace sluice::test
