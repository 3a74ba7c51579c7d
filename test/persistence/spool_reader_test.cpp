#include "persistence/batch_encoder.hpp"
#include "test/persistence/spool_fixture.hpp"

namespace sluice::test {

namespace {

using namespace persistence;

TEST(spool_reader, follows_the_live_tail_through_rolls) {
  memory_log setup;
  auto log = setup.open();
  auto reader = spool_reader::open(setup.disk, log_directory);
  ASSERT_TRUE(reader);
  for (int i = 0; i < 100; ++i) {
    auto after = (*log)->durable_lsn();
    ASSERT_FALSE(append_next(**log));
    auto records = read_records(**reader, after, (*log)->durable_lsn());
    ASSERT_TRUE(records) << describe(records.error());
    ASSERT_EQ(records->size(), 1u);
    EXPECT_EQ(records->front().bytes.view(), record_text(next(after).value));
  }
}

TEST(spool_reader, finds_every_position_with_and_without_indexes) {
  for (bool has_indexes : {true, false}) {
    memory_log setup;
    auto log = setup.open();
    for (int i = 0; i < 100; ++i)
      ASSERT_FALSE(append_next(**log));
    if (has_indexes) {
      ASSERT_FALSE(run_chores(setup.disk, **log));
    }
    auto reader = spool_reader::open(setup.disk, log_directory);
    for (std::uint64_t i = 0; i < 100; ++i) {
      auto after = lsn{i * 37 % 100};
      auto batches = (*reader)->read_batches(after, lsn{100}, {.bytes_max = 1});
      ASSERT_TRUE(batches) << describe(batches.error());
      ASSERT_EQ(batches->size(), 1u);
      EXPECT_EQ(batches->front().first, next(after));
    }
  }
}

TEST(spool_reader, never_reads_past_through) {
  memory_log setup;
  auto log = setup.open();
  for (int i = 0; i < 10; ++i)
    ASSERT_FALSE(append_next(**log));
  auto reader = spool_reader::open(setup.disk, log_directory);
  auto batches = (*reader)->read_batches(lsn{2}, lsn{6}, {});
  ASSERT_TRUE(batches);
  EXPECT_EQ(batches->back().last, lsn{6});
  EXPECT_TRUE((*reader)->read_batches(lsn{6}, lsn{6}, {})->empty());
}

TEST(spool_reader, stops_at_its_limits_but_gives_one_batch) {
  memory_log setup;
  auto log = setup.open();
  for (int i = 0; i < 20; ++i)
    ASSERT_FALSE(append_next(**log));
  auto reader = spool_reader::open(setup.disk, log_directory);
  EXPECT_EQ((*reader)->read_batches(no_lsn, lsn{20}, {.records_max = 3})->size(), 3u);
  EXPECT_EQ((*reader)->read_batches(no_lsn, lsn{20}, {.bytes_max = 0})->size(), 1u);
}

TEST(spool_reader, knows_the_digest_at_the_end_of_each_batch) {
  memory_log setup;
  auto log = setup.open();
  std::vector<digest> digests{digest{}};
  for (int i = 0; i < 60; ++i) {
    std::vector entries{entry_of({record_text(2), "second"})};
    ASSERT_TRUE((*log)->append(entries, term{1}, timeline_id{1}));
    digests.push_back((*log)->tail_digest());
  }
  auto reader = spool_reader::open(setup.disk, log_directory);
  for (std::uint64_t i = 0; i <= 60; ++i) {
    auto found = (*reader)->digest_at(lsn{2 * i}, lsn{120});
    ASSERT_TRUE(found) << describe(found.error());
    EXPECT_EQ(*found, digests[static_cast<std::size_t>(i)]) << "at " << 2 * i;
  }
  EXPECT_EQ(*(*reader)->digest_at(lsn{7}, lsn{120}), std::nullopt) << "inside a batch";
  auto oldest = (*log)->prune_through(lsn{60});
  reader = spool_reader::open(setup.disk, log_directory);
  EXPECT_TRUE(*(*reader)->digest_at(previous(*oldest), lsn{120}));
  EXPECT_EQ(code_of((*reader)->digest_at(lsn{2}, lsn{120}).error()), errc::pruned);
}

TEST(spool_reader, a_segment_that_is_rewritten_under_it_is_found_again) {
  memory_log setup;
  auto log = setup.open();
  for (int i = 0; i < 5; ++i)
    ASSERT_FALSE(append_next(**log));
  auto reader = spool_reader::open(setup.disk, log_directory);
  ASSERT_TRUE(read_records(**reader, no_lsn, lsn{4}));
  log->reset();
  log = setup.open();
  EXPECT_EQ((*log)->recovery().rewritten_records, 1u);
  for (int i = 0; i < 60; ++i)
    ASSERT_FALSE(append_next(**log));
  auto records = read_records(**reader, lsn{4}, lsn{65});
  ASSERT_TRUE(records) << describe(records.error());
  EXPECT_EQ(records->size(), 61u);
}

TEST(spool_reader, a_segment_that_is_recycled_under_it_is_pruned_or_right_never_wrong) {
  memory_log setup;
  auto log = setup.open();
  for (int i = 0; i < 60; ++i)
    ASSERT_FALSE(append_next(**log));
  auto reader = spool_reader::open(setup.disk, log_directory);
  ASSERT_TRUE(read_records(**reader, no_lsn, lsn{3}));
  ASSERT_TRUE((*log)->prune_through(lsn{60}));
  for (int i = 0; i < 60; ++i) {
    ASSERT_FALSE(append_next(**log));
    auto batches = (*reader)->read_batches(lsn{3}, lsn{60}, {.bytes_max = 1});
    if (!batches) {
      ASSERT_EQ(code_of(batches.error()), errc::pruned) << describe(batches.error());
      continue;
    }
    auto records = decode_records(batches->front(), lsn{3}, lsn{60});
    ASSERT_TRUE(records);
    EXPECT_EQ(records->front().bytes.view(), record_text(4));
  }
}

TEST(spool_reader, travelled_frames_are_checked_one_by_one_and_together) {
  auto make = [](lsn base, digest before) {
    std::vector entries{entry_of({"abc"})};
    return encode_batch(entries, {base, term{1}, timeline_id{1}, before}, 0)->batch;
  };
  auto a = make(lsn{1}, {});
  auto b = make(lsn{2}, a.tail_digest);
  auto block = std::string{a.bytes.view()} + std::string{b.bytes.view()};
  auto batches = parse_frames(payload{block});
  ASSERT_TRUE(batches);
  EXPECT_EQ(*batches, (std::vector{a, b}));
  for (std::size_t size = 1; size < block.size(); ++size) {
    if (size != a.bytes.size()) {
      EXPECT_FALSE(parse_frames(payload{block.substr(0, size)}));
    }
  }
  for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
    auto flipped = block;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(parse_frames(payload{flipped})) << "bit " << bit;
  }
  auto gap = std::string{a.bytes.view()} + std::string{make(lsn{3}, a.tail_digest).bytes.view()};
  EXPECT_FALSE(parse_frames(payload{gap}));
}

} // namespace

} // namespace sluice::test
