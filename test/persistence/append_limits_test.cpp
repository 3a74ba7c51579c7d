#include "test/persistence/spool_fixture.hpp"

namespace sluice::test {

namespace {

using namespace persistence;

TEST(append_limits, the_largest_record_is_stored_and_one_byte_more_refused) {
  memory_log setup;
  setup.options = {};
  std::vector largest{payload{std::string(16 * mebibyte, 'x')}};
  EXPECT_FALSE(check_append(largest, setup.options));
  std::vector larger{payload{std::string(16 * mebibyte + 1, 'x')}};
  EXPECT_EQ(code_of(check_append(larger, setup.options)), errc::too_large);
  auto log = setup.open();
  std::vector entries{append_entry{largest, timestamp_ms{1}, {}, {}}};
  ASSERT_TRUE((*log)->append(entries, term{1}, timeline_id{1}));
  auto reader = spool_reader::open(setup.disk, log_directory);
  auto records = read_records(**reader, no_lsn, lsn{1});
  ASSERT_TRUE(records);
  EXPECT_EQ(records->front().bytes, largest.front());
}

TEST(append_limits, an_append_needs_a_record_and_may_hold_empty_ones) {
  spool_options options;
  EXPECT_EQ(code_of(check_append({}, options)), errc::invalid_argument);
  std::vector empty{payload{}};
  EXPECT_FALSE(check_append(empty, options));
}

TEST(append_limits, too_many_records_or_bytes_are_refused) {
  spool_options options;
  options.append_records_max = 10;
  EXPECT_EQ(code_of(check_append(std::vector<payload>(11), options)), errc::batch_too_large);
  options.segment_bytes = 4096;
  std::vector half{payload{std::string(2048, 'x')}};
  EXPECT_FALSE(check_append(half, options));
  half.push_back(payload{"y"});
  EXPECT_EQ(code_of(check_append(half, options)), errc::too_large);
}

TEST(append_limits, a_batch_of_small_records_costs_little_beside_them) {
  memory_log setup;
  setup.options = {};
  auto log = setup.open();
  std::vector<append_entry> entries;
  for (std::uint64_t i = 0; i < 3900; ++i)
    entries.push_back({{payload{std::string(256, 'x')}},
                       timestamp_ms{1000 + i / 10},
                       producer_stamp{"some-producer", producer_sequence{i}},
                       {}});
  auto batch = (*log)->append(entries, term{1}, timeline_id{1});
  ASSERT_TRUE(batch);
  EXPECT_LE(static_cast<double>(batch->bytes.size() + 48) / (3900 * 256), 1.10);
}

} // namespace

} // namespace sluice::test
