#include "test/support/primary_under_test.hpp"

/// What the writer promises to those who append under `local`.
namespace sluice::test {

namespace {

using messages::flush_gathered;
using messages::submit_append;

/// How many changes `action` makes to the disk. A batch makes two: a write and a sync.
template <class Action>
std::uint64_t changes_by(memory_vfs& disk, Action action) {
  auto before = disk.changes();
  action();
  return disk.changes() - before;
}

TEST(spool_writer, writes_what_its_mailbox_held_as_one_batch_with_one_sync) {
  primary_under_test primary;
  primary.fill(1);
  std::vector<answer_ptr> answers;
  for (int i = 0; i < 5; ++i)
    answers.push_back(primary.submit(append_of({"r" + std::to_string(i)})));
  auto changes = changes_by(primary.disk(), [&] {
    for (int i = 0; i < 5; ++i)
      EXPECT_TRUE(primary.node().takes<submit_append>(primary.actors().writer));
    EXPECT_TRUE(answers.back()->is_open());
    EXPECT_TRUE(primary.node().takes<flush_gathered>(primary.actors().writer));
  });
  EXPECT_EQ(changes, 2u);
  for (std::uint64_t i = 0; i < 5; ++i)
    EXPECT_EQ(answers[i]->first(), lsn{2 + i});
}

TEST(spool_writer, answers_local_only_after_the_sync) {
  primary_under_test primary;
  auto first = primary.append_now(append_of({"a"}));
  EXPECT_EQ(first->first(), lsn{1});
  primary.disk().cut_power_losing_all();
  primary.restart();
  EXPECT_EQ(primary.positions().durable, lsn{1});
}

TEST(spool_writer, gathers_more_than_a_batch_holds_into_several) {
  primary_choices choices;
  choices.writer.batch_bytes = 120;
  primary_under_test primary{choices};
  primary.fill(1);
  std::vector<answer_ptr> answers;
  for (int i = 0; i < 7; ++i)
    answers.push_back(primary.submit(append_of({std::string(40, 'x')})));
  auto changes = changes_by(primary.disk(), [&] { primary.node().run(); });
  EXPECT_EQ(changes, 8u);
  for (std::uint64_t i = 0; i < 7; ++i)
    EXPECT_EQ(answers[i]->first(), lsn{2 + i});
}

TEST(spool_writer, keeps_the_records_of_one_append_together) {
  primary_under_test primary;
  auto answered = primary.append_now(append_of({"a", "", "c"}));
  ASSERT_TRUE(answered->as_committed());
  EXPECT_EQ(answered->as_committed()->records, (lsn_range{lsn{1}, lsn{3}}));
  EXPECT_EQ(primary.read().at(1).bytes.view(), "");
}

TEST(spool_writer, refuses_what_is_too_large_too_many_or_nothing) {
  primary_choices choices;
  choices.spool.record_bytes_max = 100;
  choices.spool.append_bytes_max = 150;
  choices.spool.append_records_max = 3;
  primary_under_test primary{choices};
  EXPECT_EQ(primary.append_now(append_of({std::string(101, 'x')}))->code(), errc::too_large);
  EXPECT_EQ(primary.append_now(append_of({std::string(90, 'x'), std::string(90, 'x')}))->code(),
            errc::too_large);
  EXPECT_EQ(primary.append_now(append_of({"1", "2", "3", "4"}))->code(), errc::batch_too_large);
  EXPECT_EQ(primary.append_now(append_of({}))->code(), errc::invalid_argument);
  EXPECT_EQ(primary.positions().written, no_lsn);
}

TEST(spool_writer, refuses_what_its_queue_has_no_room_for) {
  primary_choices choices;
  choices.writer.gathered_bytes_max = 100;
  primary_under_test primary{choices};
  auto first = primary.submit(append_of({std::string(80, 'x')}));
  auto second = primary.submit(append_of({std::string(80, 'x')}));
  primary.node().run();
  EXPECT_EQ(first->first(), lsn{1});
  EXPECT_EQ(second->code(), errc::overloaded);
}

TEST(spool_writer, takes_no_more_empty_records_than_it_has_room_for) {
  primary_choices choices;
  choices.writer.gathered_bytes_max = 1000;
  primary_under_test primary{choices};
  std::vector<answer_ptr> answers;
  for (int i = 0; i < 1000; ++i)
    answers.push_back(primary.submit(append_of({""})));
  primary.node().run();
  EXPECT_EQ(answers.back()->code(), errc::overloaded);
}

TEST(spool_writer, refuses_what_waited_past_its_deadline) {
  primary_under_test primary;
  auto request = append_of({"late"});
  request.options.timeout = std::chrono::milliseconds{10};
  auto answered = primary.submit(request);
  EXPECT_TRUE(primary.node().takes<submit_append>(primary.actors().writer));
  primary.node().coordinator().clock().current_time += std::chrono::milliseconds{10};
  primary.node().run();
  EXPECT_EQ(answered->code(), errc::timed_out);
  EXPECT_EQ(primary.positions().written, no_lsn);
}

// -- expected_lsn --------------------------------------------------------------------------

TEST(expected_lsn, that_is_the_next_one_is_appended) {
  primary_under_test primary;
  EXPECT_EQ(primary.append_now(append_expecting(1, "a"))->first(), lsn{1});
}

TEST(expected_lsn, where_the_same_bytes_stand_joins_them) {
  primary_under_test primary;
  primary.append_now(append_of({"a", "b"}));
  auto again = append_of({"a", "b"});
  again.options.expected_lsn = lsn{1};
  EXPECT_EQ(primary.append_now(again)->first(), lsn{1});
  EXPECT_EQ(primary.positions().written, lsn{2});
}

TEST(expected_lsn, that_is_not_next_is_refused_with_the_next_one) {
  primary_under_test primary;
  primary.append_now(append_of({"a", "b"}));
  for (auto request :
       {append_expecting(2, "other"), append_expecting(4, "c"), append_expecting(9, "d")}) {
    auto answered = primary.append_now(request);
    EXPECT_EQ(answered->code(), errc::lsn_mismatch);
    EXPECT_EQ(answered->as_failed()->next_lsn, lsn{3});
  }
}

TEST(expected_lsn, counts_those_that_wait_in_the_same_batch) {
  primary_under_test primary;
  auto first = primary.submit(append_expecting(1, "a"));
  auto second = primary.submit(append_expecting(2, "b"));
  auto twice = primary.submit(append_expecting(2, "b"));
  auto other = primary.submit(append_expecting(2, "c"));
  primary.node().run();
  EXPECT_EQ(first->first(), lsn{1});
  EXPECT_EQ(second->first(), lsn{2});
  EXPECT_EQ(twice->first(), lsn{2});
  EXPECT_EQ(other->code(), errc::lsn_mismatch);
}

// -- producers -----------------------------------------------------------------------------

TEST(producer_stamp, of_a_retry_gets_the_first_lsn) {
  primary_under_test primary;
  EXPECT_EQ(primary.append_now(append_stamped("me", 1, "a"))->first(), lsn{1});
  EXPECT_EQ(primary.append_now(append_stamped("me", 2, "b"))->first(), lsn{2});
  EXPECT_EQ(primary.append_now(append_stamped("me", 1, "a"))->first(), lsn{1});
  EXPECT_EQ(primary.positions().written, lsn{2});
}

TEST(producer_stamp, of_a_retry_in_the_same_batch_gets_the_first_lsn) {
  primary_under_test primary;
  auto first = primary.submit(append_stamped("me", 1, "a"));
  auto retry = primary.submit(append_stamped("me", 1, "a"));
  auto other = primary.submit(append_stamped("you", 1, "b"));
  primary.node().run();
  EXPECT_EQ(first->first(), lsn{1});
  EXPECT_EQ(retry->first(), lsn{1});
  EXPECT_EQ(other->first(), lsn{2});
  EXPECT_EQ(primary.positions().written, lsn{2});
}

TEST(producer_stamp, of_a_retry_after_a_restart_gets_the_first_lsn) {
  primary_under_test primary;
  primary.append_now(append_stamped("me", 1, "a"));
  primary.restart();
  EXPECT_EQ(primary.append_now(append_stamped("me", 1, "a"))->first(), lsn{1});
  EXPECT_EQ(primary.positions().written, lsn{1});
}

TEST(producer_stamp, under_which_other_records_stand_is_refused_and_nothing_is_acknowledged) {
  primary_under_test primary;
  primary.append_now(append_stamped("me", 1, "one"));
  EXPECT_EQ(primary.append_now(append_stamped("me", 1, "uno"))->code(), errc::sequence_mismatch);
  EXPECT_EQ(primary.append_now(append_stamped("me", 1, "one"))->first(), lsn{1});
  EXPECT_EQ(primary.positions().written, lsn{1});
}

TEST(producer_stamp, that_is_older_than_what_is_remembered_is_refused) {
  primary_choices choices;
  choices.spool.producers.runs_of_one_max = 2;
  primary_under_test primary{choices};
  for (std::uint64_t i = 1; i <= 4; ++i)
    primary.append_now(append_stamped("me", 2 * i - 1, "x"));
  EXPECT_EQ(primary.append_now(append_stamped("me", 1, "x"))->code(), errc::sequence_too_old);
  EXPECT_EQ(primary.append_now(append_stamped("me", 7, "x"))->first(), lsn{4});
}

TEST(producer_stamp, of_a_producer_that_was_forgotten_is_refused_and_not_appended_twice) {
  primary_choices choices;
  choices.spool.producers.producers_max = 2;
  primary_under_test primary{choices};
  for (const auto* producer : {"a", "b", "c"})
    primary.append_now(append_stamped(producer, 1, "x"));
  primary.restart();
  EXPECT_EQ(primary.append_now(append_stamped("a", 1, "x"))->code(), errc::sequence_too_old);
  EXPECT_EQ(primary.append_now(append_stamped("a", 2, "x"))->first(), lsn{4}) << "it goes on";
}

} // namespace

} // namespace sluice::test
