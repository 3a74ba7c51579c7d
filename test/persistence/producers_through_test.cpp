#include "persistence/producers_through.hpp"

#include "persistence/segment_name.hpp"
#include "test/persistence/spool_fixture.hpp"

/// The producer table of a log as it was at an earlier LSN.
namespace sluice::test {

namespace {

using namespace persistence;

/// A log of many small segments, and the table that its owner had after each record.
struct remembering_log : memory_log {
  remembering_log() {
    options.producers.producers_max = 5;
    options.producers.forgotten_max = 3;
    log = std::move(*open());
    tables.push_back(log->producers().snapshot());
  }

  void append(std::uint64_t count) {
    for (; count > 0; --count) {
      auto n = log->next_lsn().value;
      std::vector entries{entry_of({record_text(n)})};
      entries.back().producer =
          producer_stamp{"producer-" + std::to_string(n * n % 11), producer_sequence{n}};
      ASSERT_TRUE(log->append(entries, term{1}, timeline_id{1}));
      tables.push_back(log->producers().snapshot());
    }
  }

  caf::expected<std::string> at(lsn position) {
    return producers_through(disk, log_directory, position, options.producers);
  }

  void expect_tables_from(lsn first) {
    for (auto at_lsn = first; at_lsn < log->next_lsn(); at_lsn = next(at_lsn)) {
      auto found = at(at_lsn);
      ASSERT_TRUE(found) << describe(found.error());
      EXPECT_EQ(*found, tables[at_lsn.value]) << at_lsn.value;
    }
  }

  std::unique_ptr<spool> log;
  /// By LSN.
  std::vector<std::string> tables;
};

TEST(producers_through, of_an_empty_log_is_an_empty_table) {
  remembering_log setup;
  auto found = setup.at(no_lsn);
  ASSERT_TRUE(found) << describe(found.error());
  EXPECT_EQ(*found, producer_table{{}}.snapshot());
}

TEST(producers_through, is_what_the_owner_knew_there) {
  remembering_log setup;
  setup.append(40);
  ASSERT_FALSE(run_chores(setup.disk, *setup.log));
  // Their indexes are not written yet.
  setup.append(40);
  ASSERT_GT(setup.log->closed_segments(), 4u);
  setup.expect_tables_from(no_lsn);
}

TEST(producers_through, is_known_from_the_lsn_before_the_oldest_on) {
  remembering_log setup;
  setup.append(80);
  ASSERT_FALSE(run_chores(setup.disk, *setup.log));
  auto oldest = setup.log->prune_through(lsn{60});
  ASSERT_TRUE(oldest);
  ASSERT_GT(*oldest, lsn{10});
  setup.expect_tables_from(previous(*oldest));
  EXPECT_EQ(code_of(setup.at(lsn{1}).error()), errc::pruned);
}

TEST(producers_through, is_known_of_a_log_that_began_with_one) {
  remembering_log setup;
  setup.append(50);
  memory_log other{2};
  other.options.producers = setup.options.producers;
  auto log = other.open();
  ASSERT_TRUE(log);
  ASSERT_FALSE((*log)->start_at(lsn{51}, digest{7}, term{1}, setup.tables[50]));
  auto found = producers_through(other.disk, log_directory, lsn{50}, other.options.producers);
  ASSERT_TRUE(found) << describe(found.error());
  EXPECT_EQ(*found, setup.tables[50]);
}

TEST(producers_through, says_that_nothing_is_known_of_a_log_that_began_without_one) {
  memory_log setup;
  auto log = setup.open();
  ASSERT_TRUE(log);
  ASSERT_FALSE((*log)->start_at(lsn{51}, digest{7}));
  auto found = producers_through(setup.disk, log_directory, lsn{50});
  ASSERT_TRUE(found) << describe(found.error());
  producer_table table{{}};
  ASSERT_TRUE(table.restore(*found, producer_format::runs));
  EXPECT_TRUE(std::holds_alternative<sequence_too_old>(table.find({"p", producer_sequence{5000}})));
}

TEST(producers_through, tells_of_damage_in_what_it_reads) {
  remembering_log setup;
  setup.append(3);
  auto segment = log_directory / segment_file_name({lsn{1}, 1});
  auto file = setup.disk.open(segment, open_mode::read_write);
  ASSERT_TRUE(file);
  std::string_view rubbish[] = {"rubbish"};
  ASSERT_FALSE((*file)->write_at(4096 / 8, rubbish));
  EXPECT_EQ(code_of(setup.at(lsn{3}).error()), errc::corruption);
}

} // namespace

} // namespace sluice::test
