#include "persistence/mark.hpp"
#include "persistence/verify.hpp"
#include "test/persistence/spool_fixture.hpp"

namespace sluice::test {

namespace {

using namespace persistence;

caf::error append_stamped(spool& log, const std::string& producer, std::uint64_t sequence) {
  auto entry = entry_of({record_text(log.next_lsn().value)});
  entry.producer = producer_stamp{producer, producer_sequence{sequence}};
  std::vector entries{entry};
  auto batch = log.append(entries, term{1}, timeline_id{1});
  return batch ? caf::error{} : batch.error();
}

TEST(prune, takes_whole_closed_segments_and_nothing_else) {
  memory_log setup;
  auto log = setup.open();
  for (int i = 0; i < 100; ++i)
    ASSERT_FALSE(append_next(**log));
  auto before = (*log)->retained_bytes();
  EXPECT_EQ(*(*log)->prune_through(lsn{1}), lsn{1});
  EXPECT_EQ((*log)->retained_bytes(), before);
  auto oldest = (*log)->prune_through(lsn{50});
  ASSERT_TRUE(oldest);
  EXPECT_GT(*oldest, lsn{1});
  EXPECT_LE(*oldest, lsn{51});
  EXPECT_LT((*log)->retained_bytes(), before);
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
  auto reader = spool_reader::open(setup.disk, log_directory);
  EXPECT_EQ(code_of((*reader)->read_batches(no_lsn, lsn{5}, {}).error()), errc::pruned);
}

TEST(prune, takes_exactly_the_segments_that_the_log_tells_of) {
  memory_log setup;
  auto log = setup.open();
  for (int i = 0; i < 100; ++i)
    ASSERT_FALSE(append_next(**log));
  auto segments = (*log)->segments();
  ASSERT_GT(segments.size(), 3u);
  EXPECT_EQ(segments.size(), (*log)->closed_segments() + 1);
  EXPECT_EQ(segments.front().first, lsn{1});
  EXPECT_EQ(segments.back().last, lsn{100});
  for (std::size_t i = 1; i < segments.size(); ++i)
    EXPECT_EQ(segments[i].first, next(segments[i - 1].last));
  EXPECT_EQ(*(*log)->prune_through(segments[1].last), segments[2].first);
  segments.erase(segments.begin(), segments.begin() + 2);
  // The mark that makes the new oldest LSN durable.
  segments.back().bytes += mark_bytes;
  EXPECT_EQ((*log)->segments(), segments);
}

TEST(prune, never_takes_the_last_segment) {
  memory_log setup;
  auto log = setup.open();
  for (int i = 0; i < 100; ++i)
    ASSERT_FALSE(append_next(**log));
  ASSERT_TRUE((*log)->prune_through(lsn{1000}));
  EXPECT_EQ((*log)->next_lsn(), lsn{101});
  EXPECT_EQ((*log)->retained_bytes(), 4096u);
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

TEST(prune, a_recycled_segment_shows_nothing_of_what_it_held) {
  for (std::uint64_t appends = 1; appends < 40; ++appends) {
    memory_log setup;
    {
      auto log = setup.open();
      for (int i = 0; i < 60; ++i)
        ASSERT_FALSE(append_next(**log));
      ASSERT_TRUE((*log)->prune_through(lsn{60}));
      for (std::uint64_t i = 0; i < appends; ++i)
        ASSERT_FALSE(append_next(**log));
      if (appends % 2 == 0) {
        ASSERT_FALSE((*log)->close());
      }
    }
    auto log = setup.open();
    ASSERT_TRUE(log) << describe(log.error());
    EXPECT_FALSE((*log)->recovery().torn);
    EXPECT_EQ((*log)->durable_lsn(), lsn{60 + appends});
    EXPECT_TRUE(holds_its_records(setup.disk, **log));
    EXPECT_TRUE(verify_log(setup.disk, log_directory, {})->damages.empty());
  }
}

TEST(prune, keeps_no_more_recycled_segments_than_it_may) {
  memory_log setup;
  setup.options.recycled_segments_max = 1;
  auto log = setup.open();
  for (int i = 0; i < 200; ++i)
    ASSERT_FALSE(append_next(**log));
  ASSERT_TRUE((*log)->prune_through(lsn{200}));
  ASSERT_FALSE(run_chores(setup.disk, **log));
  std::uint64_t segments = 0;
  for (const auto& path : setup.disk.files())
    if (path.filename() != "reserve")
      segments += setup.disk.content(path).size() == 4096 ? 1 : 0;
  EXPECT_LE(segments, 4u);
}

TEST(prune, what_a_producer_did_outlives_its_records_and_a_reopen) {
  for (bool runs_chores : {true, false}) {
    memory_log setup;
    {
      auto log = setup.open();
      for (std::uint64_t i = 1; i <= 100; ++i) {
        ASSERT_FALSE(append_stamped(**log, "p" + std::to_string(i % 3), i));
        if (runs_chores) {
          ASSERT_FALSE(run_chores(setup.disk, **log));
        }
      }
      ASSERT_TRUE((*log)->prune_through(lsn{99}));
    }
    for (int life = 0; life < 3; ++life) {
      auto log = setup.open();
      ASSERT_TRUE(log) << describe(log.error());
      for (std::uint64_t i = 1; i <= 100; ++i) {
        auto found = (*log)->producers().find({"p" + std::to_string(i % 3), producer_sequence{i}});
        ASSERT_TRUE(std::holds_alternative<sequence_known>(found)) << "sequence " << i;
        EXPECT_EQ(std::get<sequence_known>(found).records, (lsn_range{lsn{i}, lsn{i}}));
      }
      ASSERT_FALSE(append_stamped(**log, "q", static_cast<std::uint64_t>(life)));
      if (runs_chores) {
        ASSERT_FALSE(run_chores(setup.disk, **log));
      }
    }
  }
}

} // namespace

} // namespace sluice::test
