#include "persistence/producer_table.hpp"
#include "persistence/spool.hpp"
#include "test/actors/receiving_fixture.hpp"
#include "test/actors/snapshot_fixture.hpp"
#include "test/support/primary_under_test.hpp"
#include "test/support/scripted_peer.hpp"

/// A node whose log began anew answers a producer's retry as the node that it learned from would,
/// also once it is the primary (docs/adr/0005).
namespace sluice::test {

namespace {

using persistence::sequence_known;
using persistence::sequence_new;

constexpr std::uint64_t far = 5000;

/// How timeline 1 came about: a candidate has to know.
const std::vector<persistence::timeline_entry> timelines{
    {timeline_id{1}, {}, no_lsn, {}, term{1}, "p"}};

/// A replica's node, opened as what its promotion has made of it.
class promoted {
public:
  promoted(local_node& node, memory_vfs& disk, const messages::replica_receiver_actor& receiver,
           std::uint64_t won)
      : node_(node) {
    host_environment_ = host_.environment();
    host_environment_.disk = &disk;
    take_office(receiver, won);
  }
  ~promoted() {
    if (opened_)
      node_.kill(opened_->supervisor);
    node_.run();
  }

  void open(const std::string& name) {
    primary_config config;
    config.data = data_directory;
    config.name = name;
    config.segment_bytes = 64 * 1024;
    config.record_bytes_max = 16 * 1024;
    auto opened = actors::open_primary(node_.system(), config, host_environment_);
    ASSERT_TRUE(opened) << describe(opened.error());
    opened_ = std::move(*opened);
    node_.run();
  }

  answer_ptr append_now(append request) {
    auto into = std::make_shared<answer>();
    if (!opened_)
      return into;
    caf::anon_send(opened_->writer, messages::submit_append{std::make_shared<recorded_append>(
                                        std::move(request), into)});
    node_.run();
    return into;
  }

private:
  void take_office(const messages::replica_receiver_actor& receiver, std::uint64_t won) {
    auto at = node_.ask<messages::join_position>(receiver, messages::get_join_position{});
    ASSERT_TRUE(at);
    messages::grant_request own{true,      at->cluster, at->identity.node, "127.0.0.1:4199",
                                term{won}, term{1},     at->flushed,       false};
    auto granted = node_.ask<messages::grant_reply>(receiver, own);
    ASSERT_TRUE(granted);
    ASSERT_EQ(granted->code, errc::ok) << granted->reason;
    auto taken = node_.ask<messages::office_taken>(receiver, messages::take_office{term{won}});
    ASSERT_TRUE(taken);
    ASSERT_EQ(taken->code, errc::ok) << taken->reason;
  }

  local_node& node_;
  machine host_;
  actors::node_environment host_environment_;
  std::optional<actors::opened_primary> opened_;
};

persistence::sequence_lookup look_up(const std::string& table, const char* producer,
                                     std::uint64_t sequence) {
  persistence::producer_table restored{{}};
  EXPECT_TRUE(restored.restore(table, persistence::producer_format::runs));
  return restored.find({producer, producer_sequence{sequence}});
}

// -- a log that begins anew ------------------------------------------------------------------

/// Its first record stands under a stamp, and is pruned.
struct primary_of_producers : testing::Test {
  primary_under_test primary;
  lsn oldest;

  primary_of_producers() {
    EXPECT_EQ(primary.append_now(append_stamped("low", 1, "x"))->first(), lsn{1});
    EXPECT_EQ(primary.append_now(append_stamped("far", far, "y"))->first(), lsn{2});
    for (int i = 0; i < 40; ++i)
      primary.fill(1, 8000);
    EXPECT_EQ(primary.append_now(append_stamped("late", 1, "z"))->first(), lsn{43});
    primary.close();
    auto context = primary.host().context(primary_name);
    persistence::spool_options options;
    options.segment_bytes = 64 * 1024;
    auto log = persistence::spool::open(primary.disk(), data_directory, options, {cluster_name},
                                        actors::environment_of(context));
    EXPECT_TRUE(log && (*log)->prune_through(lsn{30}) && !(*log)->close());
    log->reset();
    primary.restart();
    oldest = primary.positions().oldest;
    EXPECT_GT(oldest, lsn{3});
  }

  messages::rebootstrap told() {
    scripted_peer peer{primary.node()};
    auto from = hello_of("r1");
    from.is_log_only = true;
    peer.join(primary.actors().gate, from);
    EXPECT_EQ(peer.heard().rebootstraps.size(), 1u);
    return peer.heard().rebootstraps.empty() ? messages::rebootstrap{}
                                             : peer.heard().rebootstraps[0];
  }
};

TEST_F(primary_of_producers, tells_what_they_appended_before_the_new_beginning) {
  auto table = told().producers;
  auto low = look_up(table, "low", 1);
  ASSERT_TRUE(std::holds_alternative<sequence_known>(low));
  EXPECT_EQ(std::get<sequence_known>(low).records, (lsn_range{lsn{1}, lsn{1}}));
  EXPECT_TRUE(std::holds_alternative<sequence_new>(look_up(table, "far", far + 1)));
  EXPECT_TRUE(std::holds_alternative<sequence_new>(look_up(table, "late", 1)))
      << "what stands behind it comes with the records";
}

TEST_F(primary_of_producers, is_succeeded_by_a_log_that_knows_them) {
  replica_under_test replica;
  auto anew = told();
  anew.facts.timelines = timelines;
  auto done = replica.restart_log(anew);
  ASSERT_EQ(done.code, errc::ok) << done.reason;
  replica.disk().cut_power_losing_all();
  replica.restart();
  promoted next_primary{replica.node(), replica.disk(), replica.receiver(), 7};
  next_primary.open(replica.position().identity.node);
  EXPECT_EQ(next_primary.append_now(append_stamped("low", 1, "x"))->first(), lsn{1});
  EXPECT_EQ(next_primary.append_now(append_stamped("far", far, "y"))->first(), lsn{2});
  EXPECT_EQ(next_primary.append_now(append_stamped("low", 2, "x2"))->first(), oldest);
  EXPECT_EQ(next_primary.append_now(append_stamped("far", far + 1, "y2"))->first(), next(oldest));
}

// -- a snapshot ------------------------------------------------------------------------------

TEST(snapshot_making, tells_what_producers_appended_through_its_lsn_and_no_further) {
  giving_primary given;
  auto at = given.primary.append_now(append_stamped("early", far, "x"))->first();
  given.state->says_at = at;
  given.primary.append_now(append_stamped("early", far + 1, "y"));
  given.primary.append_now(append_stamped("late", 1, "z"));
  asking_replica r1{given, "r1"};
  auto manifest = r1.ask().offered();
  ASSERT_EQ(manifest.at, at);
  auto early = look_up(manifest.producers, "early", far);
  ASSERT_TRUE(std::holds_alternative<sequence_known>(early));
  EXPECT_EQ(std::get<sequence_known>(early).records, (lsn_range{at, at}));
  EXPECT_TRUE(std::holds_alternative<sequence_new>(look_up(manifest.producers, "early", far + 1)));
  EXPECT_TRUE(std::holds_alternative<sequence_new>(look_up(manifest.producers, "late", 1)));
}

TEST_F(receiving, is_succeeded_by_a_state_and_a_log_that_know_what_producers_appended) {
  persistence::producer_table table{{}};
  table.remember({"low", producer_sequence{1}}, {{lsn{5}, lsn{5}}, term{1}, timeline_id{1}});
  table.remember({"far", producer_sequence{far}}, {{lsn{6}, lsn{6}}, term{1}, timeline_id{1}});
  producers = table.snapshot();
  facts.timelines = timelines;
  order(lsn{6});
  serve(8);
  ASSERT_EQ(heard->outcomes.back().code, errc::ok) << heard->outcomes.back().reason;
  promoted next_primary{node, host.disk, replica->receiver, 7};
  stop();
  next_primary.open("r");
  EXPECT_EQ(next_primary.append_now(append_stamped("low", 1, "x"))->first(), lsn{5});
  EXPECT_EQ(next_primary.append_now(append_stamped("far", far, "y"))->first(), lsn{6});
  EXPECT_EQ(next_primary.append_now(append_stamped("far", far + 1, "y2"))->first(), lsn{9});
}

} // namespace

} // namespace sluice::test
