#include "test/support/primary_under_test.hpp"
#include "test/support/scripted_peer.hpp"

/// What a primary does when its disk, its power or one of its actors fails.
namespace sluice::test {

namespace {

using messages::submit_append;

TEST(no_space, refuses_appends_and_latches_nothing) {
  primary_under_test primary;
  primary.fill(1);
  primary.disk().set_capacity(0);
  answer_ptr refused;
  for (int i = 0; i < 40 && (!refused || refused->code() == errc::ok); ++i)
    refused = primary.append_now(append_of({std::string(5000, 'x')}));
  EXPECT_EQ(refused->code(), errc::no_space);
  EXPECT_EQ(primary.status().state, "serving");
  auto written = primary.positions().written;
  primary.disk().set_capacity(UINT64_MAX);
  EXPECT_EQ(primary.append_now(append_of({std::string(5000, 'x')}))->first(), next(written));
}

// Room that a file was promised may be missing all the same: a thin volume, a quota.
TEST(no_space, in_a_write_is_mended_by_itself_within_a_second_of_room) {
  primary_under_test primary;
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  primary.fill(3);
  primary.disk().add_fault({vfs_call::write, 1, errc::no_space, true});
  auto unknown = primary.append_now(append_of({"unknown"}));
  ASSERT_TRUE(unknown->as_unknown());
  EXPECT_EQ(primary.append_now(append_of({"refused"}))->code(), errc::no_space);
  primary.node().advance(std::chrono::seconds{5});
  EXPECT_EQ(primary.append_now(append_of({"refused"}))->code(), errc::no_space);
  EXPECT_EQ(primary.read().size(), 3u);
  primary.disk().clear_faults();
  primary.node().advance(std::chrono::seconds{1});
  EXPECT_EQ(primary.status().state, "serving");
  auto on = primary.append_now(append_under(policy_ack_n{1}, "on"));
  replica.ack(primary.positions().durable);
  EXPECT_GE(on->first(), lsn{4});
  EXPECT_EQ(replica.heard().streamed_through(), on->first());
  EXPECT_EQ(primary.read().size(), on->first().value);
  primary.restart();
  EXPECT_EQ(primary.positions().durable, on->first());
}

TEST(no_space, in_a_sync_shows_what_was_whole_after_all) {
  primary_under_test primary;
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  primary.fill(3);
  primary.disk().add_fault({vfs_call::sync_data, 1, errc::no_space, false});
  primary.append_now(append_of({"unknown"}));
  primary.node().advance(std::chrono::seconds{1});
  EXPECT_EQ(primary.status().state, "serving");
  auto durable = primary.positions().durable;
  EXPECT_EQ(primary.read().size(), durable.value);
  EXPECT_EQ(replica.heard().streamed_through(), durable) << "a replica is told of it, too";
}

TEST(no_space, in_a_write_is_not_tried_again_when_more_is_broken) {
  primary_under_test primary;
  primary.fill(3);
  primary.disk().add_fault({vfs_call::write, 1, errc::no_space, false});
  primary.append_now(append_of({"unknown"}));
  primary.disk().add_fault({vfs_call::rename, 1, errc::io_error, true});
  primary.node().advance(std::chrono::seconds{1});
  auto changes = primary.disk().changes();
  EXPECT_EQ(primary.append_now(append_of({"refused"}))->code(), errc::log_failed);
  primary.disk().clear_faults();
  primary.node().advance(std::chrono::seconds{5});
  EXPECT_EQ(primary.disk().changes(), changes);
  EXPECT_NE(primary.status().failure.find("opening it again"), std::string::npos);
  EXPECT_EQ(primary.read().size(), 3u);
}

// The file system gave back less than it had promised: worse than a torn tail.
TEST(no_space, never_makes_the_log_shorter_than_what_was_acknowledged) {
  primary_under_test primary;
  primary.fill(3);
  primary.disk().add_fault({vfs_call::write, 1, errc::no_space, false});
  primary.append_now(append_of({"unknown"}));
  for (const auto& path : primary.disk().files())
    if (path.extension() == ".seg") {
      auto bytes = primary.disk().content(path);
      auto last = bytes.rfind("ffffffffffffffffffff");
      ASSERT_NE(last, std::string::npos);
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(last) - 200, bytes.end(), '\0');
      primary.disk().set_content(path, bytes);
    }
  primary.node().advance(std::chrono::seconds{1});
  EXPECT_EQ(primary.append_now(append_of({"refused"}))->code(), errc::log_failed);
  EXPECT_NE(primary.status().failure.find("acknowledged through 3"), std::string::npos)
      << primary.status().failure;
}

TEST(failed_sync, leaves_its_batch_unknown_and_refuses_every_later_append) {
  primary_under_test primary;
  primary.fill(1);
  auto one = primary.submit(append_of({"one"}));
  auto two = primary.submit(append_of({"two", "three"}));
  primary.disk().add_fault({vfs_call::sync_data, 1, errc::io_error, false});
  primary.node().run();
  ASSERT_TRUE(one->as_unknown());
  EXPECT_EQ(one->as_unknown()->records, (lsn_range{lsn{2}, lsn{2}}));
  ASSERT_TRUE(two->as_unknown());
  EXPECT_EQ(two->as_unknown()->records, (lsn_range{lsn{3}, lsn{4}}));
  EXPECT_EQ(primary.append_now(append_of({"later"}))->code(), errc::log_failed);
}

TEST(failed_sync, is_told_by_status_and_leaves_readers_alone) {
  primary_under_test primary;
  primary.fill(3);
  primary.disk().add_fault({vfs_call::sync_data, 1, errc::io_error, false});
  primary.append_now(append_of({"lost"}));
  EXPECT_EQ(primary.status().state, "failed");
  EXPECT_FALSE(primary.status().failure.empty());
  EXPECT_EQ(primary.read().size(), 3u);
}

TEST(failed_sync, is_never_tried_again) {
  primary_under_test primary;
  primary.fill(1);
  primary.disk().add_fault({vfs_call::sync_data, 1, errc::io_error, false});
  primary.append_now(append_of({"lost"}));
  auto changes = primary.disk().changes();
  primary.append_now(append_of({"later"}));
  primary.node().advance(std::chrono::seconds{10});
  EXPECT_EQ(primary.disk().changes(), changes);
}

TEST(failed_sync, ends_the_waits_of_stronger_policies_as_unknown) {
  primary_under_test primary;
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  auto waiting = primary.append_now(append_under(policy_ack_n{1}, "waits"));
  EXPECT_TRUE(waiting->is_open());
  primary.disk().add_fault({vfs_call::sync_data, 1, errc::io_error, false});
  primary.append_now(append_of({"lost"}));
  ASSERT_EQ(waiting->times, 1u);
  EXPECT_TRUE(waiting->as_unknown());
}

// A retry that joins in the very batch whose sync fails reaches the coordinator after it
// was told that the log has latched.
TEST(failed_sync, lets_no_retry_be_acknowledged_after_it) {
  primary_under_test primary;
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  primary.append_now(append_stamped("me", 1, "a"));
  auto retry = append_stamped("me", 1, "a");
  retry.options.policy = policy_ack_n{1};
  auto joined = primary.submit(retry);
  primary.submit(append_of({"lost"}));
  primary.disk().add_fault({vfs_call::sync_data, 1, errc::io_error, false});
  primary.node().run();
  replica.ack(lsn{1});
  ASSERT_EQ(joined->times, 1u);
  EXPECT_TRUE(joined->as_unknown());
}

TEST(failed_sync, is_mended_by_opening_again) {
  primary_under_test primary;
  primary.fill(2);
  primary.disk().add_fault({vfs_call::sync_data, 1, errc::io_error, false});
  primary.append_now(append_of({"lost"}));
  primary.restart();
  auto written = primary.positions().written;
  EXPECT_GE(written, lsn{2});
  EXPECT_EQ(primary.append_now(append_of({"on"}))->first(), next(written));
  primary.disk().cut_power_losing_all();
  primary.restart();
  EXPECT_EQ(primary.positions().durable, next(written));
}

// -- every append is answered once ---------------------------------------------------------

TEST(killed_writer, leaves_no_append_unanswered) {
  primary_under_test primary;
  std::vector<answer_ptr> answers;
  for (int i = 0; i < 50; ++i)
    answers.push_back(primary.submit(append_of({"x"})));
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(primary.node().takes<submit_append>(primary.actors().writer));
  primary.node().kill(primary.actors().writer);
  for (const auto& x : answers)
    EXPECT_EQ(x->times, 1u);
}

TEST(killed_writer, takes_waiting_commits_with_it) {
  primary_under_test primary;
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  auto waiting = primary.append_now(append_under(policy_ack_n{1}, "waits"));
  primary.node().kill(primary.actors().writer);
  ASSERT_EQ(waiting->times, 1u);
  EXPECT_TRUE(waiting->as_unknown());
  EXPECT_EQ(primary.status().state, "failed");
  EXPECT_EQ(primary.read().size(), 1u);
}

TEST(closing, writes_what_its_mailbox_held_and_answers_everyone) {
  primary_under_test primary;
  std::vector<answer_ptr> answers;
  for (int i = 0; i < 20; ++i)
    answers.push_back(primary.submit(append_of({"x"})));
  EXPECT_EQ(primary.close().failure, "");
  for (std::uint64_t i = 0; i < 20; ++i)
    EXPECT_EQ(answers[i]->first(), lsn{1 + i});
}

TEST(closing, ends_waiting_commits_as_unknown) {
  primary_under_test primary;
  scripted_peer replica{primary.node()};
  replica.join(primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  auto waiting = primary.append_now(append_under(policy_ack_n{1}, "waits"));
  primary.close();
  ASSERT_EQ(waiting->times, 1u);
  EXPECT_TRUE(waiting->as_unknown());
}

TEST(closing, marks_the_log_as_closed_cleanly) {
  primary_under_test primary;
  primary.fill(3);
  primary.close();
  primary_choices choices;
  auto context = primary.host().context(primary_name);
  auto opened = persistence::spool::open(primary.disk(), data_directory, choices.spool,
                                         {cluster_name}, actors::environment_of(context));
  ASSERT_TRUE(opened);
  EXPECT_TRUE((*opened)->recovery().clean_close);
}

TEST(idle_log, is_marked_once) {
  primary_under_test primary;
  primary.fill(3);
  primary.node().advance(std::chrono::milliseconds{200});
  auto changes = primary.disk().changes();
  primary.node().advance(std::chrono::seconds{60});
  EXPECT_EQ(primary.disk().changes(), changes);
  primary.disk().cut_power_losing_all();
  primary.restart();
  EXPECT_EQ(primary.positions().durable, lsn{3});
}

TEST(supervisor, stops_every_actor_of_the_node) {
  primary_under_test primary;
  primary.fill(1);
  primary.node().run();
  auto before = primary.node().system().registry().running();
  primary.close();
  primary.node().run();
  EXPECT_EQ(primary.node().system().registry().running() + 12, before);
}

TEST(supervisor, lets_nothing_be_acknowledged_after_a_child_died) {
  primary_under_test primary;
  primary.fill(1);
  primary.node().kill(primary.actors().buffer);
  EXPECT_EQ(primary.status().state, "failed");
  auto later = primary.append_now(append_of({"later"}));
  EXPECT_EQ(later->times, 1u);
  EXPECT_FALSE(later->as_committed());
}

} // namespace

} // namespace sluice::test
