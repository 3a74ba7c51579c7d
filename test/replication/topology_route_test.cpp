#include "replication/topology_route.hpp"

#include <gtest/gtest.h>

/// Which topology a client believes, and where it sends what.
namespace sluice::replication::testing {
namespace {

using std::chrono::milliseconds;

topology_replica replica_of(const std::string& id, std::uint64_t applied,
                            const std::string& region = "eu") {
  topology_replica x;
  x.id = id;
  x.region = region;
  x.endpoint = id + ":4150";
  x.healthy = true;
  x.serves_causal_reads = true;
  x.flushed = lsn{applied};
  x.applied = lsn{applied};
  return x;
}

topology topology_of(std::vector<topology_replica> replicas, topology_epoch epoch = {}) {
  return {"c1", epoch, 1, timeline_id{1}, {"p", "p:4150", "eu"}, lsn{500}, std::move(replicas)};
}

topology_epoch epoch_of(std::uint64_t in_term, std::uint64_t life, std::uint64_t counter) {
  return {term{in_term}, incarnation{life}, counter};
}

read_need bookmark_at(std::uint64_t through, std::uint64_t timeline = 1) {
  return applied_through{timeline_id{timeline}, lsn{through}};
}

std::string reader_of(const topology& known, const read_need& need, const std::string& region = {},
                      milliseconds age = milliseconds{0}) {
  return route_read(known, need, {region, age, 0}).id;
}

TEST(topology_news, are_epochs_compared_by_term_then_life_then_counter) {
  auto known = topology_of({}, epoch_of(2, 5, 9));
  EXPECT_EQ(judge_topology(nullptr, known), topology_news::newer);
  EXPECT_EQ(judge_topology(&known, topology_of({}, epoch_of(2, 5, 10))), topology_news::newer);
  EXPECT_EQ(judge_topology(&known, topology_of({}, epoch_of(2, 6, 0))), topology_news::newer);
  EXPECT_EQ(judge_topology(&known, topology_of({}, epoch_of(3, 1, 0))), topology_news::newer);
  EXPECT_EQ(judge_topology(&known, topology_of({}, epoch_of(1, 9, 99))), topology_news::stale);
  EXPECT_EQ(judge_topology(&known, topology_of({}, epoch_of(2, 4, 99))), topology_news::stale);
}

// Neither the same epoch nor a lower one is news. Under the
// same epoch a later measurement of lags is taken; who is there cannot differ.
TEST(topology_news, are_none_under_the_same_or_a_lower_epoch) {
  auto known = topology_of({}, epoch_of(2, 5, 9));
  EXPECT_EQ(judge_topology(&known, known), topology_news::stale);
  EXPECT_EQ(judge_topology(&known, topology_of({}, epoch_of(2, 5, 8))), topology_news::stale);
  auto later_measured = known;
  later_measured.measurement = 2;
  EXPECT_EQ(judge_topology(&known, later_measured), topology_news::measured);
  EXPECT_EQ(judge_topology(&later_measured, known), topology_news::stale);
}

TEST(topology_news, of_another_cluster_are_not_believed) {
  auto known = topology_of({}, epoch_of(2, 5, 9));
  auto other = topology_of({}, epoch_of(9, 9, 9));
  other.cluster = "c2";
  EXPECT_EQ(judge_topology(&known, other), topology_news::other_cluster);
}

TEST(routing, sends_writes_to_the_primary) {
  EXPECT_EQ(route_write(topology_of({replica_of("r1", 500)})), (routed_to{"p", "p:4150", true}));
}

TEST(routing, sends_a_read_at_a_bookmark_to_who_has_applied_it) {
  auto known = topology_of({replica_of("r1", 99), replica_of("r2", 100)});
  EXPECT_EQ(route_read(known, bookmark_at(100), {}), (routed_to{"r2", "r2:4150", false}));
  EXPECT_EQ(reader_of(known, bookmark_at(101)), "p");
  EXPECT_EQ(reader_of(known, bookmark_at(50, 2)), "p") << "of another timeline";
}

TEST(routing, prefers_the_callers_region) {
  auto known = topology_of({replica_of("r1", 100, "us"), replica_of("r2", 100, "eu")});
  EXPECT_EQ(reader_of(known, bookmark_at(100), "eu"), "r2");
  EXPECT_EQ(reader_of(known, bookmark_at(100), "us"), "r1");
  known.replicas[1].applied = lsn{99};
  EXPECT_EQ(reader_of(known, bookmark_at(100), "eu"), "r1") << "none at home meets the need";
}

TEST(routing, spreads_reads_over_those_that_fit) {
  auto known = topology_of({replica_of("r1", 100), replica_of("r2", 99), replica_of("r3", 100)});
  EXPECT_EQ(route_read(known, bookmark_at(100), {"", {}, 6}).id, "r1");
  EXPECT_EQ(route_read(known, bookmark_at(100), {"", {}, 7}).id, "r3");
}

TEST(routing, sends_nothing_to_a_replica_that_told_no_endpoint) {
  auto known = topology_of({replica_of("r1", 100)});
  known.replicas[0].endpoint.clear();
  EXPECT_EQ(reader_of(known, bookmark_at(1)), "p");
}

// One that starts over serves no bookmark although it is ahead;
// when all start over it is the primary; afterwards it is eligible again.
TEST(routing, passes_by_a_replica_that_starts_over_until_it_has_done) {
  auto known = topology_of({replica_of("r1", 500), replica_of("r2", 300)});
  known.replicas[0].rebootstrapping = true;
  known.replicas[0].serves_causal_reads = false;
  EXPECT_EQ(reader_of(known, bookmark_at(100)), "r2");
  EXPECT_EQ(reader_of(known, fresh_within{milliseconds{10}}), "r1") << "it stays readable";
  known.replicas[1].rebootstrapping = true;
  known.replicas[1].serves_causal_reads = false;
  EXPECT_EQ(reader_of(known, bookmark_at(100)), "p");
  known.replicas[0].rebootstrapping = false;
  known.replicas[0].serves_causal_reads = true;
  EXPECT_EQ(reader_of(known, bookmark_at(100)), "r1");
}

TEST(routing, by_freshness_counts_the_age_of_what_is_known) {
  auto known = topology_of({replica_of("r1", 100)});
  known.replicas[0].staleness_seconds = 0.4;
  EXPECT_EQ(reader_of(known, fresh_within{milliseconds{500}}), "r1");
  EXPECT_EQ(reader_of(known, fresh_within{milliseconds{500}}, "", milliseconds{200}), "p");
  EXPECT_EQ(reader_of(known, fresh_within{milliseconds{300}}), "p");
  known.replicas[0].healthy = false;
  EXPECT_EQ(reader_of(known, fresh_within{milliseconds{5000}}), "p");
}

} // namespace
} // namespace sluice::replication::testing
