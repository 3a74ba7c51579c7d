#include "persistence/diverged_tails.hpp"
#include "persistence/spool_reader.hpp"
#include "test/support/primary_under_test.hpp"
#include "test/support/replica_under_test.hpp"
#include "test/support/scripted_peer.hpp"

/// A tail that the primary's history does not have, on both sides.
namespace sluice::test {

namespace {

// -- the primary ----------------------------------------------------------------------------

/// A primary that was promoted to timeline 2 where timeline 1 was at LSN 10.
primary_choices promoted_at_ten() {
  primary_choices choices;
  choices.history = {{timeline_id{1}, {}, {}, {}, term{1}, "old"},
                     {timeline_id{2}, timeline_id{1}, lsn{10}, digest{77}, term{2}, "p"}};
  return choices;
}

messages::hello deposed(lsn flushed, std::vector<messages::history_point> history) {
  auto from = hello_of("old");
  from.timeline = timeline_id{1};
  from.flushed = flushed;
  from.history = std::move(history);
  return from;
}

TEST(primary, sends_a_tail_of_an_ancestor_back_to_the_fork) {
  primary_under_test primary{promoted_at_ten()};
  primary.fill(8);
  auto digest_at_eight = primary.positions().tail;
  primary.fill(20);
  for (auto flushed : {lsn{15}, lsn{100}}) {
    scripted_peer peer{primary.node()};
    peer.join(primary.actors().gate,
              deposed(flushed, {{lsn{8}, digest_at_eight}, {flushed, digest{5}}}));
    ASSERT_EQ(peer.heard().rewinds.size(), 1u);
    EXPECT_TRUE(peer.heard().refusals.empty());
    const auto& told = peer.heard().rewinds[0];
    EXPECT_EQ(told.through, lsn{10});
    EXPECT_EQ(told.at, digest{77});
    EXPECT_EQ(told.cluster, cluster_name);
    EXPECT_EQ(told.term, term{2});
    EXPECT_EQ(told.sequence, connect_sequence{1});
  }
  EXPECT_TRUE(primary.status().replicas.empty());
}

TEST(primary, refuses_a_tail_that_no_timeline_explains) {
  primary_under_test primary{promoted_at_ten()};
  primary.fill(28);
  auto from = deposed(lsn{15}, {{lsn{15}, digest{5}}});
  from.timeline = timeline_id{9};
  scripted_peer peer{primary.node()};
  peer.join(primary.actors().gate, from);
  ASSERT_EQ(peer.heard().refusals.size(), 1u);
  EXPECT_EQ(peer.heard().refusals[0].code, errc::diverged);
  EXPECT_TRUE(peer.heard().rewinds.empty());
}

// -- the replica ----------------------------------------------------------------------------

/// A replica with four records, each in a batch of its own.
struct holding_four {
  explicit holding_four(with_applier applies = with_applier::no, actors::buffer_limits buffer = {})
      : replica(applies, buffer) {
    replica.attach();
    for (int i = 0; i < 4; ++i) {
      replica.stream(replica.source().make({"record " + std::to_string(i)}));
      digests.push_back(replica.source().last().tail_digest);
    }
  }

  messages::rewind back_to(lsn through, term in = term{2}) const {
    return {true, "cluster", in, {}, through, digests.at(through.value - 1)};
  }

  std::vector<digest> digests;
  replica_under_test replica;
};

TEST(receiver, cuts_its_log_where_it_is_told_and_keeps_the_rest) {
  holding_four four;
  auto& replica = four.replica;
  auto done = replica.rewind_log(four.back_to(lsn{2}, term{3}));
  EXPECT_EQ(done.code, errc::ok) << done.reason;
  auto at = replica.position();
  EXPECT_EQ(at.flushed, lsn{2});
  EXPECT_EQ(at.history.back().digest, four.digests[1]);
  EXPECT_EQ(at.term, term{3});
  EXPECT_EQ(at.timeline, timeline_id{1});
  auto tails = persistence::list_diverged_tails(replica.disk(), data_directory);
  ASSERT_TRUE(tails);
  ASSERT_EQ(tails->size(), 1u);
  EXPECT_EQ(tails->front().records, 2u);
  replica.disk().cut_power_losing_all();
  replica.restart();
  EXPECT_EQ(replica.position().flushed, lsn{2});
}

/// It began its log anew at a primary that was then passed over.
TEST(receiver, puts_a_log_aside_that_begins_behind_the_fork) {
  holding_four four;
  auto& replica = four.replica;
  messages::rebootstrap anew{true, "cluster", term{1}, timeline_id{1}, {}, lsn{10}, digest{9}, {}};
  ASSERT_EQ(replica.restart_log(anew).code, errc::ok);
  auto done = replica.rewind_log(four.back_to(lsn{2}));
  ASSERT_EQ(done.code, errc::ok) << done.reason;
  EXPECT_EQ(replica.position().flushed, no_lsn);
  EXPECT_EQ(replica.log().oldest, lsn{1});
  EXPECT_TRUE(persistence::list_diverged_tails(replica.disk(), data_directory)->empty())
      << "no record had come";
  replica.source().rewind(no_lsn);
  replica.attach(term{2});
  replica.stream(replica.source().make({"other"}, term{2}));
  EXPECT_EQ(replica.position().flushed, lsn{1});
}

TEST(receiver, refuses_to_cut_to_another_history) {
  holding_four four;
  auto told = four.back_to(lsn{2});
  told.at = digest{1};
  EXPECT_EQ(four.replica.rewind_log(told).code, errc::diverged);
  EXPECT_EQ(four.replica.rewind_log(four.back_to(lsn{4})).code, errc::diverged);
  auto other = four.back_to(lsn{2});
  other.cluster = "other";
  EXPECT_EQ(four.replica.rewind_log(other).code, errc::wrong_cluster);
  EXPECT_EQ(four.replica.rewind_log(four.back_to(lsn{2}, term{})).code, errc::fenced);
  EXPECT_EQ(four.replica.position().flushed, lsn{4});
  EXPECT_TRUE(persistence::list_diverged_tails(four.replica.disk(), data_directory)->empty());
}

TEST(receiver, with_an_applier_keeps_what_was_applied_and_needs_a_snapshot) {
  holding_four four{with_applier::yes};
  ASSERT_EQ(four.replica.applied().size(), 4u);
  auto refused = four.replica.rewind_log(four.back_to(lsn{2}));
  EXPECT_EQ(refused.code, errc::pruned);
  EXPECT_EQ(refused.reason.rfind("needs_snapshot: ", 0), 0u);
  EXPECT_EQ(four.replica.position().flushed, lsn{4});
}

/// What the applier may apply it may be applying right now.
TEST(receiver, with_an_applier_that_fails_keeps_what_it_may_apply) {
  replica_under_test replica{with_applier::yes};
  replica.fail_applier(true);
  replica.attach();
  replica.stream(replica.source().make({"a"}));
  auto at_one = replica.source().last().tail_digest;
  replica.stream(replica.source().make({"b"}));
  EXPECT_EQ(replica.rewind_log({true, "cluster", term{1}, {}, lsn{1}, at_one}).code, errc::pruned);
  EXPECT_EQ(replica.position().flushed, lsn{2});
}

TEST(receiver, tries_again_to_cut_after_a_failure) {
  for (auto call : {vfs_call::rename, vfs_call::allocate, vfs_call::sync_directory}) {
    holding_four four;
    four.replica.disk().add_fault({call, 3, errc::io_error, false});
    EXPECT_NE(four.replica.rewind_log(four.back_to(lsn{2})).code, errc::ok);
    four.replica.disk().clear_faults();
    EXPECT_EQ(four.replica.position().flushed, lsn{2});
  }
}

/// What was read, or buffered, before the cut must not be served after it.
TEST(receiver, serves_the_new_history_behind_the_cut) {
  actors::buffer_limits nothing;
  nothing.bytes_max = 1;
  for (auto limits : {actors::buffer_limits{}, nothing}) {
    holding_four four{with_applier::no, limits};
    auto& replica = four.replica;
    ASSERT_EQ(replica.read(lsn{1}).size(), 3u);
    ASSERT_EQ(replica.rewind_log(four.back_to(lsn{2})).code, errc::ok);
    EXPECT_EQ(replica.read(lsn{1}).size(), 1u);
    replica.source().rewind(lsn{2});
    replica.attach(term{2});
    for (int i = 0; i < 3; ++i)
      replica.stream(replica.source().make({"other"}, term{2}));
    auto now = replica.read(no_lsn);
    ASSERT_EQ(now.size(), 5u);
    EXPECT_EQ(now[1].bytes.view(), "record 1");
    EXPECT_EQ(now[2].bytes.view(), "other");
    EXPECT_EQ(replica.position().flushed, lsn{5});
  }
}

} // namespace

} // namespace sluice::test
