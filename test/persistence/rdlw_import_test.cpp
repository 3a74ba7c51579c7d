#include "persistence/batch_body.hpp"
#include "persistence/node_state.hpp"
#include "persistence/rdlw_export.hpp"
#include "persistence/rdlw_import.hpp"
#include "persistence/slot_catalog.hpp"
#include "persistence/unfinished_import.hpp"
#include "persistence/verify.hpp"
#include "test/persistence/rdlw_builders.hpp"
#include "test/persistence/spool_fixture.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sluice::test {

namespace {

using namespace persistence;

/// A disk with a spool of RedDB on it, and a directory that a log of it is to go to.
class rdlw_import : public testing::Test {
protected:
  rdlw_import() {
    options.segment_bytes = 4096;
    EXPECT_FALSE(disk.create_directories("/old"));
  }

  caf::expected<import_report> import(const std::string& bytes) {
    disk.set_content(spool_path, bytes);
    return import_again();
  }
  caf::expected<import_report> import_again() {
    return import_rdlw(disk, spool_path, log_directory, options, {&clock, &random}, {});
  }
  caf::expected<std::string> export_in(rdlw_layout layout) {
    auto report = export_rdlw(disk, log_directory, "/old/exported", layout, {});
    if (!report)
      return report.error();
    return disk.content("/old/exported");
  }

  /// Every record as the log has it.
  std::vector<record> records() {
    auto reader = spool_reader::open(disk, log_directory);
    auto log = verified();
    auto found = read_records(**reader, previous(log.first), log.last);
    EXPECT_TRUE(found);
    return found ? std::move(*found) : std::vector<record>{};
  }
  verify_report verified() {
    auto report = verify_log(disk, log_directory, {});
    EXPECT_TRUE(report);
    EXPECT_TRUE(report->damages.empty()) << report->damages.front().reason;
    return std::move(*report);
  }
  node_state state() {
    std::string warning;
    auto loaded = node_state_store{disk, log_directory}.load(warning);
    EXPECT_TRUE(loaded && *loaded);
    return loaded && *loaded ? **loaded : node_state{};
  }

  memory_vfs disk;
  spool_options options;
  counting_random random;
  standing_clock clock;
};

std::string three_records() {
  return frame_bytes(rdlw_layout::v1, 7, "one") + frame_bytes(rdlw_layout::v2, 8, "two")
         + frame_bytes(rdlw_layout::v3_2026_07, 9, "three", 5);
}

TEST_F(rdlw_import, keeps_lsns_terms_times_and_payloads_and_begins_where_the_file_does) {
  auto report = import(three_records());
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->records, 3u);
  EXPECT_EQ(report->first, lsn{7});
  EXPECT_EQ(report->last, lsn{9});
  EXPECT_EQ(report->bytes, 11u);
  auto found = records();
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0], (record{lsn{7}, term{0}, timeline_id{1}, timestamp_ms{0}, payload{"one"}}));
  EXPECT_EQ(found[1], (record{lsn{8}, term{0}, timeline_id{1}, timestamp_ms{1'700'000'000'008},
                              payload{"two"}}));
  EXPECT_EQ(found[2], (record{lsn{9}, term{5}, timeline_id{1}, timestamp_ms{1'700'000'000'009},
                              payload{"three"}}));
  EXPECT_EQ(disk.content(spool_path), three_records());
}

TEST_F(rdlw_import, leaves_a_primary_of_a_higher_term_without_name_and_cluster) {
  auto report = import(three_records());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->next_term, term{6});
  EXPECT_EQ(state().role, node_role::primary);
  EXPECT_EQ(state().term, term{6});
  EXPECT_EQ(state().node, "");
  EXPECT_EQ(state().cluster, "");
  EXPECT_NE(state().storage, storage_id{});
}

TEST_F(rdlw_import, makes_a_log_that_goes_on_under_the_cluster_that_it_is_given) {
  ASSERT_TRUE(import(three_records()));
  auto log = spool::open(disk, log_directory, options, {"shop"}, {&clock, &random});
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_TRUE((*log)->recovery().clean_close);
  EXPECT_EQ((*log)->oldest_lsn(), lsn{7});
  EXPECT_EQ((*log)->next_lsn(), lsn{10});
  for (int i = 0; i < 30; ++i)
    ASSERT_FALSE(append_next(**log));
  log->reset();
  EXPECT_EQ(verified().records, 33u);
  EXPECT_TRUE(spool::open(disk, log_directory, options, {"shop"}, {&clock, &random}));
}

TEST_F(rdlw_import, puts_slots_into_the_catalog_no_further_than_the_log_goes) {
  replication::slot near;
  near.id = "near";
  near.restart_lsn = lsn{2};
  replication::slot far;
  far.id = "far";
  far.restart_lsn = far.confirmed_flush_lsn = far.confirmed_apply_lsn = lsn{90};
  far.invalidated = {replication::invalidation_cause::horizon, timestamp_ms{5}};
  disk.set_content(spool_path, frame_bytes(rdlw_layout::v2, 1) + frame_bytes(rdlw_layout::v2, 2)
                                   + frame_bytes(rdlw_layout::v2, 3));
  auto report =
      import_rdlw(disk, spool_path, log_directory, options, {&clock, &random}, {}, {far, near});
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->slots, 2u);
  EXPECT_EQ(report->slots_lost, 1u);
  disk.cut_power_losing_all();
  std::string warning;
  auto list = slot_catalog{disk, log_directory}.load(true, warning);
  ASSERT_TRUE(list) << describe(list.error());
  EXPECT_EQ(warning, "");
  ASSERT_EQ(list->slots.size(), 2u);
  EXPECT_EQ(list->slots[0].restart_lsn, lsn{3});
  EXPECT_EQ(list->slots[0].confirmed_apply_lsn, lsn{3});
  EXPECT_FALSE(list->slots[0].is_valid());
  EXPECT_EQ(list->slots[1], near);
  EXPECT_TRUE(verified().notes.empty());
}

TEST_F(rdlw_import, of_an_empty_file_is_an_empty_log) {
  auto report = import("");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->records, 0u);
  EXPECT_EQ(state().term, term{1});
  EXPECT_TRUE(spool::open(disk, log_directory, options, {"shop"}, {&clock, &random}));
}

TEST_F(rdlw_import, reports_a_torn_tail_and_takes_what_stands_before_it) {
  auto report = import(three_records() + "RD");
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->torn);
  EXPECT_EQ(report->torn->byte_offset, three_records().size());
  EXPECT_EQ(report->torn->bytes, 2u);
  EXPECT_FALSE(report->damaged);
  EXPECT_EQ(records().size(), 3u);
}

TEST_F(rdlw_import, takes_nothing_behind_damage_or_a_gap) {
  auto report = import(three_records() + frame_bytes(rdlw_layout::v3_2026_07, 11)
                       + frame_bytes(rdlw_layout::v3_2026_07, 12));
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->damaged);
  EXPECT_EQ(report->damaged->byte_offset, three_records().size());
  EXPECT_EQ(report->damaged->lsn, lsn{10});
  EXPECT_EQ(verified().last, lsn{9});
}

TEST_F(rdlw_import, of_a_file_that_begins_with_damage_touches_nothing) {
  auto newer = frame_bytes(rdlw_layout::v3_2026_07, 1);
  newer[4] = 4;
  auto changes = disk.changes();
  auto report = import(newer);
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->damaged);
  EXPECT_EQ(report->damaged->code, errc::unknown_version);
  EXPECT_EQ(disk.changes(), changes);
  EXPECT_FALSE(*disk.exists(log_directory / "node_state.a"));
}

TEST_F(rdlw_import, is_refused_by_a_directory_that_holds_a_log) {
  ASSERT_TRUE(import(three_records()));
  auto again = import_again();
  ASSERT_FALSE(again);
  EXPECT_EQ(code_of(again.error()), errc::io_error);
  EXPECT_EQ(records().size(), 3u);
}

TEST_F(rdlw_import, refuses_a_record_that_no_log_holds) {
  options.record_bytes_max = 100;
  auto report =
      import(three_records() + frame_bytes(rdlw_layout::v3_2026_07, 10, std::string(101, 'x')));
  ASSERT_FALSE(report);
  EXPECT_EQ(code_of(report.error()), errc::too_large);
  EXPECT_NE(describe(report.error()).find("LSN 10"), std::string::npos);
  EXPECT_FALSE(spool::open(disk, log_directory, options, {"shop"}, {&clock, &random}));
}

/// Many records in many segments, whose terms change.
std::string many_records() {
  std::string bytes;
  for (std::uint64_t position = 100; position < 160; ++position) {
    auto layout = every_layout[position % 4];
    bytes += frame_bytes(layout, position, record_text(position), 1 + position / 20);
  }
  return bytes;
}

TEST_F(rdlw_import, that_dies_anywhere_is_told_from_one_that_did_not) {
  std::uint64_t last = 0;
  {
    auto before = disk.changes();
    ASSERT_TRUE(import(many_records()));
    last = disk.changes() - before;
  }
  auto finished = 0;
  for (std::uint64_t nth = 1; nth <= last; ++nth) {
    memory_vfs dying{nth};
    ASSERT_FALSE(dying.create_directories("/old"));
    dying.set_content(spool_path, many_records());
    dying.power_off_at(nth);
    auto report = import_rdlw(dying, spool_path, log_directory, options, {&clock, &random}, {});
    dying.cut_power();
    auto log = spool::open(dying, log_directory, options, {"shop"}, {&clock, &random});
    if (!log) {
      EXPECT_FALSE(report) << nth;
      continue;
    }
    // Nothing of a log was there yet, or all of it.
    auto holds = (*log)->next_lsn();
    EXPECT_TRUE(holds == lsn{1} || holds == lsn{160}) << nth << ": " << to_string(holds);
    EXPECT_TRUE(holds == lsn{160} || !report) << nth;
    finished += holds == lsn{160} ? 1 : 0;
  }
  EXPECT_GT(finished, 0);
}

TEST_F(rdlw_import, that_died_says_what_to_do) {
  disk.power_off_at(30);
  ASSERT_FALSE(import(many_records()));
  disk.cut_power();
  ASSERT_TRUE(*disk.exists(log_directory / unfinished_import_name));
  auto says_so = [](const caf::error& why) {
    return describe(why).find("import again") != std::string::npos;
  };
  auto opened = spool::open(disk, log_directory, options, {"shop"}, {&clock, &random});
  ASSERT_FALSE(opened);
  EXPECT_TRUE(says_so(opened.error())) << describe(opened.error());
  auto again = import_again();
  ASSERT_FALSE(again);
  EXPECT_TRUE(says_so(again.error())) << describe(again.error());
  auto report = verify_log(disk, log_directory, {});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->damages.size(), 1u);
}

TEST_F(rdlw_import, that_finds_no_room_is_no_log) {
  disk.set_content(spool_path, many_records());
  disk.set_capacity(many_records().size() + 3 * options.segment_bytes);
  auto report = import_again();
  ASSERT_FALSE(report);
  EXPECT_EQ(code_of(report.error()), errc::no_space) << describe(report.error());
  EXPECT_FALSE(spool::open(disk, log_directory, options, {"shop"}, {&clock, &random}));
}

TEST_F(rdlw_import, whose_disk_fails_is_no_log) {
  disk.set_content(spool_path, many_records());
  disk.add_fault({vfs_call::sync_data, 5, errc::io_error});
  auto report = import_again();
  ASSERT_FALSE(report);
  EXPECT_FALSE(spool::open(disk, log_directory, options, {"shop"}, {&clock, &random}));
}

// -- export --------------------------------------------------------------------------------

TEST_F(rdlw_import, of_an_export_is_the_same_and_the_other_way_round) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 chance{seed};
    disk.erase("/old/exported");
    for (const auto& path : disk.files())
      if (path.parent_path() == log_directory)
        disk.erase(path);
    std::string bytes;
    auto first = 1 + chance() % 5 * 1000;
    std::uint64_t in_term = chance() % 3;
    for (std::uint64_t i = 0; i < chance() % 100; ++i) {
      in_term += chance() % 4 == 0 ? chance() % 3 : 0;
      std::string content(chance() % 300, static_cast<char>(chance()));
      auto frame = frame_in(rdlw_layout::v3_2026_07, first + i, content, in_term);
      frame.timestamp = timestamp_ms{chance() % 2 == 0 ? chance() : chance() % 2000};
      if (chance() % 2 == 0)
        frame.ownership_epoch.reset();
      else
        frame.ownership_epoch = ownership_epoch{1 + chance() % 9};
      bytes += encoded(frame);
    }
    auto report = import(bytes);
    ASSERT_TRUE(report) << describe(report.error());
    auto exported = export_in(rdlw_layout::v3_2026_07);
    ASSERT_TRUE(exported) << describe(exported.error());
    ASSERT_EQ(*exported, bytes);
  }
}

TEST_F(rdlw_import, of_any_layout_is_exported_as_v3) {
  std::string input;
  std::string expected;
  for (std::uint64_t position = 1; position <= 60; ++position) {
    auto frame = frame_in(every_layout[position % 3], position, "payload");
    input += encoded(frame);
    frame.layout = rdlw_layout::v3_2026_06;
    expected += encoded(frame);
  }
  ASSERT_TRUE(import(input));
  auto exported = export_in(rdlw_layout::v3_2026_06);
  ASSERT_TRUE(exported);
  EXPECT_EQ(*exported, expected);
}

TEST_F(rdlw_import, with_ownership_epochs_is_not_exported_to_a_layout_without) {
  ASSERT_TRUE(import(three_records()));
  auto exported = export_in(rdlw_layout::v3_2026_06);
  ASSERT_FALSE(exported);
  EXPECT_NE(describe(exported.error()).find("lsn=9"), std::string::npos)
      << describe(exported.error());
  EXPECT_EQ(*disk.list("/old"), std::vector<std::string>{spool_path.filename().string()});
}

TEST_F(rdlw_import, is_not_exported_over_a_file_that_exists) {
  ASSERT_TRUE(import(three_records()));
  auto report = export_rdlw(disk, log_directory, spool_path, rdlw_layout::v3_2026_07, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(code_of(report.error()), errc::io_error);
  EXPECT_EQ(disk.content(spool_path), three_records());
}

TEST_F(rdlw_import, is_exported_whole_or_not_at_all) {
  ASSERT_TRUE(import(many_records()));
  for (std::uint64_t nth = 1; nth <= 6; ++nth) {
    disk.erase("/old/exported");
    disk.power_off_at(nth);
    auto report = export_rdlw(disk, log_directory, "/old/exported", rdlw_layout::v3_2026_07, {});
    disk.cut_power();
    auto is_there = disk.exists("/old/exported");
    ASSERT_TRUE(is_there);
    EXPECT_TRUE(*is_there || !report) << nth;
    auto bytes = *is_there ? disk.content("/old/exported").size() : SIZE_MAX;
    EXPECT_GT(bytes, many_records().size()) << nth;
  }
  verified();
}

} // namespace

} // namespace sluice::test
