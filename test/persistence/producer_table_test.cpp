#include "persistence/producer_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sluice::test {

namespace {

using namespace persistence;

sequence_known at(std::uint64_t position, std::uint64_t in_term = 1) {
  return {{lsn{position}, lsn{position + 1}}, term{in_term}, timeline_id{1}};
}

sequence_known record_at(std::uint64_t position) {
  return {{lsn{position}, lsn{position}}, term{1}, timeline_id{1}};
}

producer_stamp stamp(const std::string& name, std::uint64_t sequence) {
  return {name, producer_sequence{sequence}};
}

lsn place_of(const producer_table& table, const producer_stamp& one) {
  const auto found = table.find(one);
  const auto* known = std::get_if<sequence_known>(&found);
  return known == nullptr ? no_lsn : known->records.first;
}

bool is_known(const producer_table& table, const producer_stamp& one) {
  return std::holds_alternative<sequence_known>(table.find(one));
}

bool is_too_old(const producer_table& table, const producer_stamp& one) {
  return std::holds_alternative<sequence_too_old>(table.find(one));
}

bool is_new(const producer_table& table, const producer_stamp& one) {
  return std::holds_alternative<sequence_new>(table.find(one));
}

producer_limits producers(std::size_t count) {
  producer_limits limits;
  limits.producers_max = count;
  return limits;
}

producer_limits runs_of_one(std::size_t count) {
  producer_limits limits;
  limits.runs_of_one_max = count;
  return limits;
}

TEST(producer_table, without_its_past_refuses_what_may_have_been_appended_in_it) {
  producer_table table{{}};
  table.begin_without_past();
  EXPECT_TRUE(is_new(table, stamp("new", 1))) << "otherwise nobody could begin";
  EXPECT_TRUE(is_new(table, stamp("new", 1024)));
  EXPECT_TRUE(is_too_old(table, stamp("old", 5000)));
  table.remember(stamp("old", 5000), at(10));
  EXPECT_TRUE(is_known(table, stamp("old", 5000)));
  EXPECT_TRUE(is_new(table, stamp("old", 5001))) << "it goes on where it is seen";
  EXPECT_TRUE(is_too_old(table, stamp("old", 4999)));
  EXPECT_TRUE(is_too_old(table, stamp("old", 1)));
  producer_table again{{}};
  ASSERT_TRUE(again.restore(table.snapshot(), producer_format::runs));
  EXPECT_TRUE(is_too_old(again, stamp("old", 4999)));
  EXPECT_TRUE(is_too_old(again, stamp("other", 5000)));
}

TEST(producer_table, an_unknown_producer_or_sequence_is_new) {
  producer_table table{{}};
  EXPECT_TRUE(is_new(table, stamp("a", 1)));
  EXPECT_TRUE(is_new(table, stamp("a", 1'000'000)));
  table.remember(stamp("a", 1), at(10));
  EXPECT_TRUE(is_new(table, stamp("a", 2)));
  EXPECT_TRUE(is_new(table, stamp("b", 1)));
}

TEST(producer_table, sequences_may_come_out_of_order) {
  producer_table table{{}};
  for (auto sequence : {5u, 3u, 9u, 4u})
    table.remember(stamp("a", sequence), at(sequence * 10));
  for (auto sequence : {3u, 4u, 5u, 9u})
    EXPECT_EQ(place_of(table, stamp("a", sequence)), lsn{sequence * 10});
  EXPECT_TRUE(is_new(table, stamp("a", 7)));
}

TEST(producer_table, an_input_of_any_length_by_one_producer_is_one_run) {
  producer_table table{runs_of_one(1)};
  for (std::uint64_t i = 1; i <= 100'000; ++i)
    table.remember(stamp("a", i), record_at(i + 6));
  for (std::uint64_t i = 1; i <= 100'000; ++i)
    ASSERT_EQ(place_of(table, stamp("a", i)), lsn{i + 6});
  EXPECT_LT(table.snapshot().size(), 20u);
}

TEST(producer_table, two_that_take_turns_are_a_run_each) {
  producer_table table{runs_of_one(1)};
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    table.remember(stamp("a", i), record_at(2 * i - 1));
    table.remember(stamp("b", i), record_at(2 * i));
  }
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    ASSERT_EQ(place_of(table, stamp("a", i)), lsn{2 * i - 1});
    ASSERT_EQ(place_of(table, stamp("b", i)), lsn{2 * i});
  }
}

TEST(producer_table, a_run_ends_where_the_records_the_step_or_the_branch_change) {
  producer_table table{{}};
  table.remember(stamp("a", 1), record_at(1));
  table.remember(stamp("a", 2), record_at(2));
  table.remember(stamp("a", 3), at(3));
  table.remember(stamp("a", 4), record_at(5));
  table.remember(stamp("a", 5), record_at(9));
  table.remember(stamp("a", 6), record_at(10));
  auto in_next_term = record_at(11);
  in_next_term.term = term{2};
  table.remember(stamp("a", 7), in_next_term);
  auto positions = {1, 2, 3, 5, 9, 10, 11};
  std::uint64_t sequence = 0;
  for (auto position : positions)
    EXPECT_EQ(place_of(table, stamp("a", ++sequence)), lsn{static_cast<std::uint64_t>(position)});
  EXPECT_EQ(std::get<sequence_known>(table.find(stamp("a", 3))).records.last, lsn{4});
  EXPECT_EQ(std::get<sequence_known>(table.find(stamp("a", 6))).term, term{1});
  EXPECT_EQ(std::get<sequence_known>(table.find(stamp("a", 7))).term, term{2});
}

TEST(producer_table, remembers_the_same_as_a_map_of_everything) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random{seed};
    producer_table table{{}};
    std::map<producer_stamp, lsn_range> everything;
    lsn last{};
    for (int i = 0; i < 3000; ++i) {
      auto one = stamp(random() % 3 == 0 ? "a" : "b", random() % 5 == 0 ? random() % 4000 : i);
      sequence_known where;
      where.records = {next(last), last_of(next(last), 1 + (random() % 8 == 0))};
      where.term = term{1u + static_cast<unsigned>(i) / 1000};
      if (everything.try_emplace(one, where.records).second)
        last = where.records.last;
      table.remember(one, where);
    }
    producer_table copy{{}};
    ASSERT_TRUE(copy.restore(table.snapshot(), producer_format::runs));
    for (const auto& [one, records] : everything) {
      ASSERT_TRUE(is_known(table, one)) << "seed " << seed;
      ASSERT_EQ(std::get<sequence_known>(table.find(one)).records, records) << "seed " << seed;
      ASSERT_EQ(place_of(copy, one), records.first) << "seed " << seed;
    }
    for (std::uint64_t i = 0; i < 4001; ++i)
      ASSERT_EQ(is_known(table, stamp("a", i)), everything.contains(stamp("a", i)));
  }
}

TEST(producer_table, what_left_the_runs_is_too_old_and_not_new) {
  producer_table table{runs_of_one(2)};
  for (std::uint64_t sequence = 1; sequence <= 9; sequence += 2)
    table.remember(stamp("a", sequence), at(sequence * sequence));
  EXPECT_TRUE(is_too_old(table, stamp("a", 5)));
  EXPECT_TRUE(is_known(table, stamp("a", 7)));
}

TEST(producer_table, the_producer_that_was_silent_longest_is_forgotten) {
  producer_table table{producers(2)};
  table.remember(stamp("a", 1), at(1));
  table.remember(stamp("b", 1), at(2));
  table.remember(stamp("a", 2), at(3));
  table.remember(stamp("c", 1), at(4));
  EXPECT_TRUE(is_known(table, stamp("a", 1)));
  EXPECT_FALSE(is_known(table, stamp("b", 1)));
  EXPECT_TRUE(is_known(table, stamp("c", 1)));
}

TEST(producer_table, the_runs_of_all_are_bounded_together) {
  producer_limits limits;
  limits.runs_max = 4;
  producer_table table{limits};
  for (std::uint64_t i = 0; i < 3; ++i) {
    table.remember(stamp("a", 1 + 2 * i), at(10 * i + 1));
    table.remember(stamp("b", 1 + 2 * i), at(10 * i + 5));
  }
  EXPECT_TRUE(is_too_old(table, stamp("b", 1))) << "b was silent when there was one too many";
  EXPECT_TRUE(is_known(table, stamp("b", 5)));
  EXPECT_TRUE(is_known(table, stamp("a", 1)));
}

TEST(producer_table, a_retry_by_a_forgotten_producer_is_too_old_and_what_continues_it_is_new) {
  producer_table table{producers(1)};
  table.remember(stamp("a", 1), at(1));
  table.remember(stamp("a", 2), at(3));
  table.remember(stamp("b", 1), at(5));
  EXPECT_TRUE(is_too_old(table, stamp("a", 1)));
  EXPECT_TRUE(is_too_old(table, stamp("a", 2)));
  EXPECT_TRUE(is_new(table, stamp("a", 3)));
  table.remember(stamp("a", 3), at(7));
  EXPECT_TRUE(is_known(table, stamp("a", 3)));
  EXPECT_TRUE(is_too_old(table, stamp("a", 2))) << "it came back, what was forgotten did not";
  EXPECT_TRUE(is_too_old(table, stamp("b", 1)));
}

TEST(producer_table, refuses_what_may_be_of_a_producer_of_which_nothing_is_left) {
  auto limits = producers(1);
  limits.forgotten_max = 1;
  limits.first_sequence_max = 10;
  producer_table table{limits};
  table.remember(stamp("a", 500), at(1));
  table.remember(stamp("b", 600), at(3));
  EXPECT_TRUE(is_new(table, stamp("z", 400))) << "so far it is known who was forgotten";
  table.remember(stamp("c", 1), at(5));
  EXPECT_TRUE(is_too_old(table, stamp("a", 500)));
  EXPECT_TRUE(is_too_old(table, stamp("z", 11)));
  EXPECT_TRUE(is_new(table, stamp("z", 10))) << "or nobody could begin";
  EXPECT_TRUE(is_new(table, stamp("z", 501))) << "no dropped producer was so far";
  EXPECT_TRUE(is_new(table, stamp("b", 601)));
}

TEST(producer_table, a_snapshot_restores_everything_in_the_same_order) {
  auto limits = producers(4);
  limits.runs_of_one_max = 3;
  limits.forgotten_max = 4;
  producer_table table{limits};
  for (std::uint64_t i = 1; i < 80; ++i)
    table.remember(stamp("p" + std::to_string(i * 7 % 11), i), at(i * 3, i / 10));
  producer_table copy{limits};
  ASSERT_TRUE(copy.restore(table.snapshot(), producer_format::runs));
  EXPECT_EQ(copy.snapshot(), table.snapshot());
}

TEST(producer_table, a_damaged_snapshot_restores_nothing) {
  auto limits = producers(1);
  producer_table table{limits};
  table.remember(stamp("b", 1), at(5));
  for (std::uint64_t sequence : {1u, 2u, 7u})
    table.remember(stamp("a", sequence), at(5 + 2 * sequence));
  auto bytes = table.snapshot();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    producer_table copy{limits};
    copy.remember(stamp("z", 1), at(1));
    EXPECT_FALSE(copy.restore(bytes.substr(0, size), producer_format::runs));
    EXPECT_FALSE(is_known(copy, stamp("z", 1)));
  }
}

TEST(producer_table, restores_what_was_written_before_there_were_runs) {
  // Producer "a", nothing forgotten, sequences 1 and 2 of two records each at LSN 5 and 7,
  // term 3 and timeline 1.
  std::string bytes{"\x01\x01"
                    "a"
                    "\x00\x02\x01\x0a\x04\x03\x01\x01\x04\x05",
                    13};
  producer_table table{{}};
  ASSERT_TRUE(table.restore(bytes, producer_format::sequences));
  EXPECT_EQ(place_of(table, stamp("a", 1)), lsn{5});
  EXPECT_EQ(place_of(table, stamp("a", 2)), lsn{7});
  EXPECT_EQ(std::get<sequence_known>(table.find(stamp("a", 2))).term, term{3});
}

TEST(producer_table, records_past_the_last_lsn_make_an_old_snapshot_bad) {
  // Producer "a", nothing forgotten, sequence 5 at LSN 2^64 - 2: one record, then two.
  producer_table table{{}};
  std::string one("\x01\x01"
                  "a"
                  "\x00\x01\x05\x03\x02\x01\x01",
                  10);
  EXPECT_TRUE(table.restore(one, producer_format::sequences));
  std::string two("\x01\x01"
                  "a"
                  "\x00\x01\x05\x03\x04\x01\x01",
                  10);
  EXPECT_FALSE(table.restore(two, producer_format::sequences));
}

} // namespace

} // namespace sluice::test
