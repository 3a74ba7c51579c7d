#include "persistence/verify.hpp"

#include "persistence/checksum.hpp"
#include "persistence/inspect.hpp"
#include "persistence/little_endian.hpp"
#include "persistence/mark.hpp"
#include "persistence/node_state.hpp"
#include "persistence/slot_catalog.hpp"
#include "test/persistence/spool_fixture.hpp"

namespace sluice::test {

namespace {

using namespace persistence;

const std::filesystem::path other_directory = "/other";

caf::expected<std::unique_ptr<spool>> open_other(memory_log& setup) {
  EXPECT_FALSE(setup.disk.create_directories(other_directory));
  auto options = setup.options;
  options.segment_bytes = 8192;
  return spool::open(setup.disk, other_directory, options, {"cluster"},
                     {&setup.clock, &setup.random});
}

void copy_records(memory_log& setup, spool& from, spool& to) {
  auto reader = spool_reader::open(setup.disk, log_directory);
  while (to.durable_lsn() < from.durable_lsn()) {
    auto batches = (*reader)->read_batches(to.durable_lsn(), from.durable_lsn(), {});
    ASSERT_TRUE(batches) << describe(batches.error());
    ASSERT_FALSE(to.append_verbatim(*batches));
  }
}

TEST(compare_logs, a_replica_with_other_segments_and_a_later_start_is_identical) {
  memory_log setup;
  auto log = setup.open();
  for (int i = 0; i < 80; ++i)
    ASSERT_FALSE(append_next(**log));
  auto replica = open_other(setup);
  copy_records(setup, **log, **replica);
  ASSERT_FALSE(append_next(**log));
  auto oldest = (*log)->prune_through(lsn{40});
  auto result = compare_logs(setup.disk, log_directory, other_directory, {});
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_FALSE(result->first_difference);
  EXPECT_EQ(result->first, *oldest);
  EXPECT_EQ(result->last, lsn{80});
}

TEST(compare_logs, names_the_first_record_that_differs) {
  memory_log setup;
  auto log = setup.open();
  for (int i = 0; i < 10; ++i)
    ASSERT_FALSE(append_next(**log));
  auto replica = open_other(setup);
  copy_records(setup, **log, **replica);
  std::vector here{entry_of({"same", "one", "x"})};
  std::vector there{entry_of({"same", "two", "x"})};
  ASSERT_TRUE((*log)->append(here, term{1}, timeline_id{1}));
  ASSERT_TRUE((*replica)->append(there, term{1}, timeline_id{1}));
  auto result = compare_logs(setup.disk, log_directory, other_directory, {});
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(result->first_difference, lsn{12});
}

TEST(compare_logs, logs_without_a_common_record_share_nothing) {
  memory_log setup;
  auto log = setup.open();
  ASSERT_FALSE(append_next(**log));
  auto replica = open_other(setup);
  auto result = compare_logs(setup.disk, log_directory, other_directory, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->first, no_lsn);
  EXPECT_FALSE(result->first_difference);
}

TEST(inspect, lists_segments_and_the_extent_of_a_log_without_its_owner) {
  memory_log setup;
  EXPECT_EQ(find_extent(setup.disk, log_directory)->last, no_lsn);
  auto log = setup.open();
  for (int i = 0; i < 60; ++i) {
    ASSERT_FALSE(append_next(**log));
    ASSERT_FALSE(run_chores(setup.disk, **log));
  }
  auto segments = list_segments(setup.disk, log_directory);
  ASSERT_TRUE(segments) << describe(segments.error());
  ASSERT_GE(segments->size(), 2u);
  EXPECT_TRUE(segments->front().is_closed);
  EXPECT_TRUE(segments->front().has_index);
  EXPECT_FALSE(segments->back().is_closed);
  EXPECT_EQ(segments->back().last, lsn{60});
  for (std::size_t i = 1; i < segments->size(); ++i)
    EXPECT_EQ((*segments)[i].header.first, next((*segments)[i - 1].last));
  auto extent = find_extent(setup.disk, log_directory);
  EXPECT_EQ(extent->oldest, lsn{1});
  EXPECT_EQ(extent->last, lsn{60});
}

TEST(verify_log, what_a_prune_cut_short_left_behind_is_no_damage) {
  for (std::uint64_t nth = 1; nth <= 4; ++nth) {
    memory_log setup;
    auto log = setup.open();
    for (int i = 0; i < 100; ++i)
      ASSERT_FALSE(append_next(**log));
    setup.disk.add_fault({vfs_call::rename, nth, errc::io_error, false});
    ASSERT_FALSE((*log)->prune_through(lsn{100}));
    setup.disk.clear_faults();
    auto report = verify_log(setup.disk, log_directory, {});
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_TRUE(report->damages.empty()) << report->damages.front().reason;
    auto reopened = setup.open();
    ASSERT_TRUE(reopened) << describe(reopened.error());
    EXPECT_EQ(report->first, (*reopened)->oldest_lsn());
    EXPECT_EQ(report->last, (*reopened)->durable_lsn());
  }
}

/// 60 records and a last batch that no mark proves, its last bytes other than written.
void tear_last_group(memory_log& setup) {
  {
    auto log = setup.open();
    for (int i = 0; i < 60; ++i)
      ASSERT_FALSE(append_next(**log));
  }
  auto segments = list_segments(setup.disk, log_directory);
  ASSERT_TRUE(segments);
  auto path = log_directory / segments->back().file_name;
  auto bytes = setup.disk.content(path);
  bytes[static_cast<std::size_t>(segments->back().used_bytes) - 9] ^= 1;
  setup.disk.set_content(path, bytes);
}

TEST(verify_log, notes_a_torn_tail_and_says_that_it_is_no_damage) {
  memory_log setup;
  tear_last_group(setup);
  auto report = verify_log(setup.disk, log_directory, {});
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_TRUE(report->damages.empty());
  ASSERT_EQ(report->notes.size(), 1u);
  auto log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  ASSERT_TRUE((*log)->recovery().torn);
  EXPECT_EQ(report->notes[0].byte_offset, (*log)->recovery().torn->offset);
  EXPECT_EQ(report->notes[0].lsn, (*log)->recovery().torn->lsn);
}

/// A log of one record that nobody has open.
void make_log(memory_log& setup) {
  auto log = setup.open();
  ASSERT_FALSE(append_next(**log));
}

TEST(verify_directory, segments_of_a_node_without_a_node_state_are_damage) {
  memory_log setup;
  EXPECT_TRUE(setup.disk.lock(log_directory));
  EXPECT_TRUE(verify_directory(setup.disk, log_directory, {})->damages.empty()) << "no segment";
  make_log(setup);
  auto report = verify_directory(setup.disk, log_directory, {});
  ASSERT_TRUE(report) << describe(report.error());
  ASSERT_EQ(report->damages.size(), 1u);
  EXPECT_EQ(report->damages[0].file, log_directory / "node_state.a");
}

TEST(verify_directory, segments_that_were_put_aside_need_no_node_state) {
  memory_log setup;
  make_log(setup);
  auto report = verify_directory(setup.disk, log_directory, {});
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_TRUE(report->damages.empty());
  EXPECT_TRUE(report->notes.empty());
  EXPECT_EQ(report->records, 1u);
}

TEST(verify_directory, notes_a_single_missing_copy_of_the_node_state) {
  for (const auto* name : node_state_names) {
    memory_log setup;
    EXPECT_TRUE(setup.disk.lock(log_directory));
    make_log(setup);
    ASSERT_FALSE(node_state_store(setup.disk, log_directory).store(node_state{}));
    EXPECT_TRUE(verify_directory(setup.disk, log_directory, {})->notes.empty());
    setup.disk.erase(log_directory / name);
    auto report = verify_directory(setup.disk, log_directory, {});
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_TRUE(report->damages.empty());
    ASSERT_EQ(report->notes.size(), 1u);
    EXPECT_EQ(report->notes[0].file, log_directory / name);
  }
}

/// A primary that was started, with one slot.
void make_node(memory_log& setup) {
  EXPECT_TRUE(setup.disk.lock(log_directory));
  make_log(setup);
  node_state state;
  state.incarnation = incarnation{1};
  ASSERT_FALSE(node_state_store(setup.disk, log_directory).store(state));
  replication::slot one;
  one.id = "r1";
  ASSERT_FALSE(slot_catalog(setup.disk, log_directory).store({{one}, ""}));
}

void rot(memory_log& setup, const char* name) {
  auto bytes = setup.disk.content(log_directory / name);
  bytes.at(bytes.size() / 2) = static_cast<char>(bytes.at(bytes.size() / 2) ^ 1);
  setup.disk.set_content(log_directory / name, bytes);
}

TEST(verify_directory, finds_nothing_wrong_with_a_whole_node) {
  memory_log setup;
  make_node(setup);
  auto report = verify_directory(setup.disk, log_directory, {});
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_TRUE(report->damages.empty());
  EXPECT_TRUE(report->notes.empty());
}

TEST(verify_directory, notes_one_damaged_copy_and_reports_two) {
  for (const auto& names : {node_state_names, slot_catalog_names}) {
    memory_log setup;
    make_node(setup);
    rot(setup, names[1]);
    auto report = verify_directory(setup.disk, log_directory, {});
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_TRUE(report->damages.empty());
    ASSERT_EQ(report->notes.size(), 1u);
    EXPECT_EQ(report->notes[0].file, log_directory / names[1]);
    EXPECT_NE(report->notes[0].reason.find("checksum"), std::string::npos)
        << report->notes[0].reason;
    rot(setup, names[0]);
    report = verify_directory(setup.disk, log_directory, {});
    ASSERT_TRUE(report) << describe(report.error());
    ASSERT_EQ(report->damages.size(), 1u);
    EXPECT_EQ(report->damages[0].file, log_directory / names[0]);
  }
}

TEST(verify_directory, reports_slots_of_a_newer_version) {
  memory_log setup;
  make_node(setup);
  for (const auto* name : slot_catalog_names) {
    auto bytes = setup.disk.content(log_directory / name);
    bytes[4] = 9;
    auto covered = bytes.substr(0, bytes.size() - 4);
    put_little_endian(bytes.data() + covered.size(), crc32c(covered));
    setup.disk.set_content(log_directory / name, bytes);
  }
  auto report = verify_directory(setup.disk, log_directory, {});
  ASSERT_TRUE(report) << describe(report.error());
  ASSERT_EQ(report->damages.size(), 1u);
  EXPECT_EQ(report->damages[0].code, errc::unknown_version);
}

TEST(verify_directory, notes_that_a_primary_lacks_its_slots) {
  memory_log setup;
  make_node(setup);
  for (const auto* name : slot_catalog_names)
    setup.disk.erase(log_directory / name);
  auto report = verify_directory(setup.disk, log_directory, {});
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_TRUE(report->damages.empty());
  ASSERT_EQ(report->notes.size(), 1u);
  EXPECT_EQ(report->notes[0].file, log_directory / "slots.a");
}

TEST(inspect, the_extent_says_that_damage_ends_it_and_a_comparison_refuses_it) {
  memory_log setup;
  {
    auto log = setup.open();
    for (int i = 0; i < 60; ++i)
      ASSERT_FALSE(append_next(**log));
  }
  EXPECT_FALSE(find_extent(setup.disk, log_directory)->cut_by);
  auto path = log_directory / list_segments(setup.disk, log_directory)->back().file_name;
  auto bytes = setup.disk.content(path);
  bytes[segment_header_bytes + mark_bytes + 20] ^= 1;
  setup.disk.set_content(path, bytes);
  auto extent = find_extent(setup.disk, log_directory);
  ASSERT_TRUE(extent) << describe(extent.error());
  ASSERT_TRUE(extent->cut_by);
  EXPECT_EQ(extent->cut_by->lsn, next(extent->last));
  auto compared = compare_logs(setup.disk, log_directory, log_directory, {});
  ASSERT_FALSE(compared);
  EXPECT_EQ(code_of(compared.error()), errc::corruption);
}

TEST(verify_log, a_live_log_that_rolls_and_prunes_meanwhile_is_no_damage) {
  memory_log setup;
  auto log = setup.open();
  for (int i = 0; i < 60; ++i)
    ASSERT_FALSE(append_next(**log));
  auto is_first = true;
  auto report = verify_log(setup.disk, log_directory, [&](std::uint64_t, std::uint64_t) {
    if (!std::exchange(is_first, false))
      return;
    ASSERT_TRUE((*log)->prune_through(lsn{60}));
    for (int i = 0; i < 60; ++i)
      ASSERT_FALSE(append_next(**log));
  });
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_TRUE(report->damages.empty());
  EXPECT_EQ(report->last, lsn{120});
}

} // namespace

} // namespace sluice::test
