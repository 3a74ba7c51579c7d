#include "persistence/producer_table.hpp"

#include <gtest/gtest.h>

namespace sluice::test {

namespace {

using namespace persistence;

sequence_known at(std::uint64_t position, std::uint64_t in_term = 1) {
  return {{lsn{position}, lsn{position + 1}}, term{in_term}, timeline_id{1}};
}

producer_stamp stamp(const std::string& name, std::uint64_t sequence) {
  return {name, producer_sequence{sequence}};
}

bool is_known(const producer_table& table, const producer_stamp& one) {
  return std::holds_alternative<sequence_known>(table.find(one));
}

TEST(producer_table, an_unknown_producer_or_sequence_is_new) {
  producer_table table{4, 4};
  EXPECT_TRUE(std::holds_alternative<sequence_new>(table.find(stamp("a", 1))));
  table.remember(stamp("a", 1), at(10));
  EXPECT_TRUE(std::holds_alternative<sequence_new>(table.find(stamp("a", 2))));
  EXPECT_TRUE(std::holds_alternative<sequence_new>(table.find(stamp("b", 1))));
}

TEST(producer_table, sequences_may_come_out_of_order) {
  producer_table table{4, 4};
  for (auto sequence : {5u, 3u, 9u, 4u})
    table.remember(stamp("a", sequence), at(sequence * 10));
  for (auto sequence : {3u, 4u, 5u, 9u})
    EXPECT_EQ(std::get<sequence_known>(table.find(stamp("a", sequence))).records.first,
              lsn{sequence * 10});
  EXPECT_TRUE(std::holds_alternative<sequence_new>(table.find(stamp("a", 7))));
}

TEST(producer_table, what_left_the_window_is_too_old_and_not_new) {
  producer_table table{4, 2};
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence)
    table.remember(stamp("a", sequence), at(sequence));
  EXPECT_TRUE(std::holds_alternative<sequence_too_old>(table.find(stamp("a", 2))));
  EXPECT_TRUE(is_known(table, stamp("a", 3)));
}

TEST(producer_table, the_producer_that_was_silent_longest_is_forgotten) {
  producer_table table{2, 4};
  table.remember(stamp("a", 1), at(1));
  table.remember(stamp("b", 1), at(2));
  table.remember(stamp("a", 2), at(3));
  table.remember(stamp("c", 1), at(4));
  EXPECT_TRUE(is_known(table, stamp("a", 1)));
  EXPECT_FALSE(is_known(table, stamp("b", 1)));
  EXPECT_TRUE(is_known(table, stamp("c", 1)));
}

TEST(producer_table, a_snapshot_restores_everything_in_the_same_order) {
  producer_table table{8, 3};
  for (std::uint64_t i = 1; i < 40; ++i)
    table.remember(stamp("p" + std::to_string(i * 7 % 10), i), at(i * 3, i / 10));
  producer_table copy{8, 3};
  ASSERT_TRUE(copy.restore(table.snapshot()));
  EXPECT_EQ(copy.snapshot(), table.snapshot());
}

TEST(producer_table, a_damaged_snapshot_restores_nothing) {
  producer_table table{8, 3};
  table.remember(stamp("a", 1), at(5));
  auto bytes = table.snapshot();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    producer_table copy{8, 3};
    copy.remember(stamp("z", 1), at(1));
    EXPECT_FALSE(copy.restore(bytes.substr(0, size)));
    EXPECT_FALSE(is_known(copy, stamp("z", 1)));
  }
}

} // namespace

} // namespace sluice::test
