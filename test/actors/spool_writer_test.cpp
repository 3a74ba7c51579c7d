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

// -- the inbox -----------------------------------------------------------------------------

answer_ptr put(primary_under_test& primary, append request) {
  auto into = std::make_shared<answer>();
  messages::append_ptr item = std::make_shared<recorded_append>(std::move(request), into);
  if (primary.actors().inbox->put(item) == messages::append_inbox::verdict::queued_first)
    caf::anon_send(primary.actors().writer, messages::take_inbox{});
  return into;
}

TEST(spool_writer, writes_what_its_inbox_held_as_one_batch_with_one_sync) {
  primary_under_test primary;
  primary.fill(1);
  std::vector<answer_ptr> answers;
  for (int i = 0; i < 5; ++i)
    answers.push_back(put(primary, append_of({"r" + std::to_string(i)})));
  auto changes = changes_by(primary.disk(), [&] { primary.node().run(); });
  EXPECT_EQ(changes, 2u);
  for (std::uint64_t i = 0; i < 5; ++i)
    EXPECT_EQ(answers[i]->first(), lsn{2 + i});
}

TEST(spool_writer, writes_with_the_others_what_comes_into_its_inbox_before_it_writes) {
  primary_under_test primary;
  primary.fill(1);
  auto first = put(primary, append_of({"a"}));
  EXPECT_TRUE(primary.node().takes<messages::take_inbox>(primary.actors().writer));
  auto second = put(primary, append_of({"b"}));
  auto changes = changes_by(primary.disk(), [&] { primary.node().run(); });
  EXPECT_EQ(changes, 2u);
  EXPECT_EQ(first->first(), lsn{2});
  EXPECT_EQ(second->first(), lsn{3});
}

TEST(spool_writer, holds_back_what_its_inbox_held_until_its_term_is_confirmed) {
  primary_choices choices;
  choices.members = {primary_name, "r1", "r2"};
  primary_under_test primary{choices};
  auto held = put(primary, append_of({"a"}));
  primary.node().run();
  EXPECT_TRUE(held->is_open());
  caf::anon_send(primary.actors().writer, messages::allow_appends{});
  primary.node().run();
  EXPECT_EQ(held->first(), lsn{1});
}

TEST(spool_writer, that_is_closed_writes_what_its_inbox_held) {
  primary_under_test primary;
  auto inbox = primary.actors().inbox;
  auto into = std::make_shared<answer>();
  messages::append_ptr item = std::make_shared<recorded_append>(append_of({"last"}), into);
  EXPECT_EQ(inbox->put(item), messages::append_inbox::verdict::queued_first);
  EXPECT_EQ(primary.close().failure, "");
  EXPECT_EQ(into->first(), lsn{1});
  messages::append_ptr late =
      std::make_shared<recorded_append>(append_of({"late"}), std::make_shared<answer>());
  EXPECT_EQ(inbox->put(late), messages::append_inbox::verdict::closed);
}

TEST(spool_writer, that_dies_answers_what_its_inbox_held) {
  primary_under_test primary;
  auto inbox = primary.actors().inbox;
  auto waiting = put(primary, append_of({"a"}));
  caf::anon_send_exit(primary.actors().writer, caf::exit_reason::kill);
  primary.node().run();
  EXPECT_EQ(waiting->times, 1u);
  messages::append_ptr late =
      std::make_shared<recorded_append>(append_of({"late"}), std::make_shared<answer>());
  EXPECT_EQ(inbox->put(late), messages::append_inbox::verdict::closed);
}

TEST(spool_writer, gives_back_what_came_out_of_its_inbox_and_is_answered) {
  primary_under_test primary;
  auto of_thread = put(primary, append_of({"a"}));
  auto of_actor = primary.submit(append_of({"b"}));
  primary.node().run();
  EXPECT_EQ(of_thread->times, 1u);
  EXPECT_EQ(of_actor->times, 1u);
  EXPECT_TRUE(primary.actors().inbox->spare());
  EXPECT_FALSE(primary.actors().inbox->spare()) << "an actor's append is not a thread's";
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

TEST(producer_stamp, of_appends_that_arrive_in_any_order_stands_with_each) {
  primary_under_test primary;
  std::vector<answer_ptr> answers;
  for (std::uint64_t sequence : {3, 1, 2, 4})
    answers.push_back(primary.submit(append_stamped("me", sequence, std::to_string(sequence))));
  primary.node().run();
  for (std::uint64_t i = 0; i < answers.size(); ++i)
    EXPECT_EQ(answers[i]->first(), lsn{1 + i});
  EXPECT_EQ(primary.append_now(append_stamped("me", 1, "1"))->first(), lsn{2});
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
