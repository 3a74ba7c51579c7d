#include "test/persistence/spool_fixture.hpp"

#include <algorithm>

namespace sluice::test {

namespace {

using persistence::spool;

TEST(spool, a_new_directory_is_an_empty_log) {
  memory_log setup;
  auto log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->oldest_lsn(), lsn{1});
  EXPECT_EQ((*log)->next_lsn(), lsn{1});
  EXPECT_EQ((*log)->durable_lsn(), no_lsn);
  EXPECT_EQ((*log)->last_term(), term{});
  EXPECT_TRUE((*log)->recovery().clean_close);
}

TEST(spool, what_was_appended_is_read_back_in_the_same_life) {
  memory_log setup;
  auto log = setup.open();
  for (int i = 0; i < 100; ++i)
    ASSERT_FALSE(append_next(**log));
  EXPECT_EQ((*log)->durable_lsn(), lsn{100});
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

TEST(spool, a_clean_close_and_an_unclean_end_both_open_with_every_record) {
  for (bool is_clean : {true, false}) {
    memory_log setup;
    digest tail;
    {
      auto log = setup.open();
      for (int i = 0; i < 100; ++i)
        ASSERT_FALSE(append_next(**log));
      tail = (*log)->tail_digest();
      if (is_clean) {
        ASSERT_FALSE((*log)->close());
      }
    }
    auto log = setup.open();
    ASSERT_TRUE(log) << describe(log.error());
    EXPECT_EQ((*log)->recovery().clean_close, is_clean);
    EXPECT_EQ((*log)->durable_lsn(), lsn{100});
    EXPECT_EQ((*log)->tail_digest(), tail);
    EXPECT_EQ((*log)->last_term(), term{1});
    EXPECT_EQ((*log)->last_timeline(), timeline_id{1});
    EXPECT_EQ((*log)->recovery().rewritten_records, is_clean ? 0u : 1u);
    ASSERT_FALSE(append_next(**log));
    EXPECT_TRUE(holds_its_records(setup.disk, **log));
  }
}

TEST(spool, appending_goes_on_in_the_same_segment_after_a_clean_close) {
  memory_log setup;
  for (int life = 0; life < 3; ++life) {
    auto log = setup.open();
    ASSERT_FALSE(append_next(**log));
    ASSERT_FALSE((*log)->close());
  }
  auto log = setup.open();
  EXPECT_EQ((*log)->retained_bytes(), 4096u);
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

TEST(spool, an_idle_mark_leaves_nothing_to_write_again) {
  memory_log setup;
  {
    auto log = setup.open();
    ASSERT_FALSE(append_next(**log));
    ASSERT_FALSE((*log)->mark());
    auto changes = setup.disk.changes();
    ASSERT_FALSE((*log)->mark());
    EXPECT_EQ(setup.disk.changes(), changes) << "a second mark writes nothing";
  }
  auto log = setup.open();
  EXPECT_FALSE((*log)->recovery().clean_close);
  EXPECT_EQ((*log)->recovery().marked_through, lsn{1});
  EXPECT_EQ((*log)->recovery().rewritten_records, 0u);
}

TEST(spool, nothing_is_appended_after_close) {
  memory_log setup;
  auto log = setup.open();
  ASSERT_FALSE(append_next(**log));
  ASSERT_FALSE((*log)->close());
  EXPECT_EQ(code_of(append_next(**log)), errc::closed);
  EXPECT_EQ(code_of((*log)->mark()), errc::closed);
  EXPECT_EQ(code_of((*log)->close()), errc::closed);
}

TEST(spool, a_batch_keeps_its_appends_producers_and_times) {
  memory_log setup;
  auto log = setup.open();
  auto first = entry_of({"a", ""});
  first.producer = producer_stamp{"p", producer_sequence{7}};
  auto second = entry_of({"b"});
  second.timestamp = timestamp_ms{900};
  second.ownership_epoch = ownership_epoch{5};
  std::vector entries{first, second};
  auto batch = (*log)->append(entries, term{3}, timeline_id{2});
  ASSERT_TRUE(batch) << describe(batch.error());
  EXPECT_EQ(batch->base_timestamp, timestamp_ms{900});
  auto records = persistence::decode_records(*batch, no_lsn, lsn{3});
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 3u);
  EXPECT_EQ((*records)[1].bytes.size(), 0u);
  EXPECT_EQ((*records)[1].timestamp, timestamp_ms{1000});
  EXPECT_EQ((*records)[2],
            (record{lsn{3}, term{3}, timeline_id{2}, timestamp_ms{900}, payload{"b"}}));
  auto known = (*log)->producers().find({"p", producer_sequence{7}});
  ASSERT_TRUE(std::holds_alternative<persistence::sequence_known>(known));
  EXPECT_EQ(std::get<persistence::sequence_known>(known).records, (lsn_range{lsn{1}, lsn{2}}));
}

TEST(spool, a_new_timeline_starts_a_new_segment) {
  memory_log setup;
  auto log = setup.open();
  ASSERT_FALSE(append_next(**log));
  std::vector entries{entry_of({record_text(2)})};
  ASSERT_TRUE((*log)->append(entries, term{2}, timeline_id{2}));
  EXPECT_EQ((*log)->retained_bytes(), 2 * 4096u);
  EXPECT_EQ((*log)->last_timeline(), timeline_id{2});
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
  log->reset();
  log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->last_timeline(), timeline_id{2});
}

TEST(spool, an_append_that_is_larger_than_a_segment_gets_a_segment_of_its_size) {
  memory_log setup;
  auto log = setup.open();
  std::vector entries{entry_of({std::string(100'000, 'z')})};
  ASSERT_TRUE((*log)->append(entries, term{1}, timeline_id{1}));
  log->reset();
  log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->durable_lsn(), lsn{1});
}

TEST(spool, a_replica_stores_the_batches_of_its_primary_byte_for_byte) {
  memory_log primary_setup;
  auto primary = primary_setup.open();
  for (int i = 0; i < 50; ++i)
    ASSERT_FALSE(append_next(**primary));
  auto reader = persistence::spool_reader::open(primary_setup.disk, log_directory);
  memory_log replica_setup{2};
  replica_setup.options.segment_bytes = 2048;
  auto replica = replica_setup.open();
  while ((*replica)->durable_lsn() < lsn{50}) {
    auto batches = (*reader)->read_batches((*replica)->durable_lsn(), lsn{50}, {});
    ASSERT_TRUE(batches) << describe(batches.error());
    ASSERT_FALSE((*replica)->append_verbatim(*batches));
  }
  EXPECT_EQ((*replica)->tail_digest(), (*primary)->tail_digest());
  EXPECT_TRUE(holds_its_records(replica_setup.disk, **replica));
  auto again = (*reader)->read_batches(lsn{10}, lsn{20}, {});
  EXPECT_EQ(code_of((*replica)->append_verbatim(*again)), errc::diverged);
  replica->reset();
  replica = replica_setup.open();
  ASSERT_TRUE(replica) << describe(replica.error());
  EXPECT_EQ((*replica)->tail_digest(), (*primary)->tail_digest());
}

bool asks_for_a_reserve(persistence::spool& log) {
  auto chores = log.take_chores();
  return std::any_of(chores.begin(), chores.end(), [](const persistence::chore& one) {
    return std::holds_alternative<persistence::prepare_segment>(one);
  });
}

TEST(spool, a_log_of_large_groups_asks_for_no_reserve_until_it_is_idle) {
  memory_log setup;
  setup.options.segment_bytes = 8 * persistence::mebibyte;
  auto log = setup.open();
  std::vector large{entry_of({std::string(persistence::mebibyte, 'x')})};
  ASSERT_TRUE((*log)->append(large, term{1}, timeline_id{1}));
  EXPECT_TRUE(asks_for_a_reserve(**log));
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE((*log)->append(large, term{1}, timeline_id{1}));
    EXPECT_FALSE(asks_for_a_reserve(**log));
  }
  ASSERT_FALSE((*log)->mark());
  EXPECT_TRUE(asks_for_a_reserve(**log));
}

TEST(spool, a_log_of_small_groups_asks_for_a_reserve_when_it_rolls) {
  memory_log setup;
  auto log = setup.open();
  ASSERT_FALSE(run_chores(setup.disk, **log));
  ASSERT_FALSE(append_next(**log));
  ASSERT_FALSE(run_chores(setup.disk, **log));
  auto asked = false;
  for (int i = 0; i < 100; ++i) {
    ASSERT_FALSE(append_next(**log));
    asked = asked || asks_for_a_reserve(**log);
  }
  EXPECT_TRUE(asked);
}

TEST(spool, a_log_can_start_late) {
  memory_log setup;
  auto log = setup.open();
  ASSERT_FALSE((*log)->start_at(lsn{1000}, digest{42}, term{7}));
  EXPECT_EQ((*log)->last_term(), term{7});
  EXPECT_EQ((*log)->next_lsn(), lsn{1000});
  log->reset();
  log = setup.open();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_EQ((*log)->next_lsn(), lsn{1000});
  EXPECT_EQ((*log)->tail_digest(), digest{42});
  EXPECT_EQ((*log)->last_term(), term{7}) << "of the record before it";
  ASSERT_FALSE((*log)->start_at(lsn{2000}, digest{43}));
  ASSERT_FALSE(append_next(**log));
  EXPECT_EQ((*log)->oldest_lsn(), lsn{2000});
  EXPECT_EQ(code_of((*log)->start_at(lsn{1}, {})), errc::invalid_argument);
  EXPECT_TRUE(holds_its_records(setup.disk, **log));
}

} // namespace

} // namespace sluice::test
