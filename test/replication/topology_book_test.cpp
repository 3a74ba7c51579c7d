#include "replication/registry.hpp"
#include "replication/topology_book.hpp"
#include "test/replication/rule_builders.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

/// What raises the topology epoch, who is healthy, and how far behind a replica is said to be.
namespace sluice::replication::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

monotonic_ns at(milliseconds since_start) {
  return later(monotonic_ns{1'000'000'000}, since_start);
}

topology_origin origin_of(std::uint64_t in_term = 3, std::uint64_t life = 7) {
  return {"c1", term{in_term}, incarnation{life}, timeline_id{1}, {"p", "p:4150", "eu"}};
}

replica_facts facts_of(const std::string& id, monotonic_ns seen, std::uint64_t flushed = 0) {
  return {id, "eu", id + ":4150", true, true, false, positions_at(flushed, flushed, flushed), seen};
}

/// A book in which `r1` and `r2` are registered at 0 ms.
struct known_two {
  known_two() {
    all = {facts_of("r1", at(milliseconds{0})), facts_of("r2", at(milliseconds{0}))};
    book.update(all, at(milliseconds{0}));
  }

  /// What the epoch rose by.
  std::uint64_t update(milliseconds now) {
    auto before = book.epoch().counter;
    auto rose = book.update(all, at(now));
    auto risen = book.epoch().counter - before;
    EXPECT_EQ(rose, risen > 0);
    return risen;
  }

  topology_replica r1(milliseconds now) { return book.next_snapshot(at(now)).replicas.at(0); }

  std::vector<replica_facts> all;
  topology_book book{origin_of()};
};

// -- the epoch -----------------------------------------------------------------------------

struct epoch_case {
  const char* what;
  std::function<void(std::vector<replica_facts>&)> change;
  std::uint64_t rises_by;
};

const std::vector<epoch_case>& epoch_cases() {
  static const std::vector<epoch_case> cases{
      {"nothing", [](auto&) {}, 0},
      {"a first registration", [](auto& x) { x.push_back(facts_of("r3", x[0].last_seen)); }, 1},
      {"a removal", [](auto& x) { x.pop_back(); }, 1},
      {"rebootstrapping begins", [](auto& x) { x[0].rebootstrapping = true; }, 1},
      {"a slot is invalidated", [](auto& x) { x[0].slot_valid = false; }, 1},
      {"another region", [](auto& x) { x[0].region = "us"; }, 1},
      {"another endpoint", [](auto& x) { x[0].endpoint = "elsewhere:1"; }, 1},
      {"three things at once",
       [](auto& x) {
         x.pop_back();
         x[0].region = "us";
         x[0].slot_valid = false;
       },
       1},
      {"a lost connection", [](auto& x) { x[0].connected = false; }, 0},
      {"an ack", [](auto& x) { x[0].at = positions_at(9, 9, 9); }, 0},
      {"it was heard again", [](auto& x) { x[0].last_seen = at(milliseconds{1}); }, 0},
  };
  return cases;
}

TEST(topology_epoch, rises_exactly_when_what_is_advertised_changes) {
  for (const auto& x : epoch_cases()) {
    known_two known;
    x.change(known.all);
    EXPECT_EQ(known.update(milliseconds{1}), x.rises_by) << x.what;
    EXPECT_EQ(known.update(milliseconds{1}), 0u) << x.what << ", told again";
  }
}

// Two registrations and a removal are three increases, the
// removal of an unknown id none.
TEST(topology_epoch, rises_with_each_registration_and_removal) {
  registry replicas;
  topology_book book{origin_of()};
  auto update = [&] {
    std::vector<replica_facts> all;
    for (const auto& x : replicas.replicas())
      all.push_back(replication::facts_of(x));
    book.update(all, at(milliseconds{0}));
    return book.epoch().counter;
  };
  EXPECT_EQ(update(), 0u);
  replicas.join(hello_of("r1"), {}, lsn{0}, at(milliseconds{0}));
  EXPECT_EQ(update(), 1u);
  replicas.join(hello_of("r2", session_of(8)), {}, lsn{0}, at(milliseconds{0}));
  EXPECT_EQ(update(), 2u);
  EXPECT_TRUE(replicas.detach("r1"));
  EXPECT_EQ(update(), 3u);
  EXPECT_FALSE(replicas.detach("stranger"));
  EXPECT_EQ(update(), 3u);
}

// Registering again keeps progress and the epoch.
TEST(topology_epoch, stays_when_a_replica_registers_again) {
  registry replicas;
  topology_book book{origin_of()};
  replicas.join(hello_of("r1"), {}, lsn{0}, at(milliseconds{0}));
  replicas.note_sent("r1", lsn{42});
  replicas.record_ack(ack_of(positions_at(40, 40, 40)), {term{3}, timeline_id{1}, lsn{50}}, {},
                      at(milliseconds{0}));
  book.update({replication::facts_of(*replicas.find("r1"))}, at(milliseconds{0}));
  auto before = book.epoch();
  replicas.disconnect("r1", session_of(7));
  book.update({replication::facts_of(*replicas.find("r1"))}, at(milliseconds{10}));
  replicas.join(hello_of("r1", session_of(7, 1, 2)), {older_session::none, replica_data::kept},
                lsn{50}, at(milliseconds{20}));
  book.update({replication::facts_of(*replicas.find("r1"))}, at(milliseconds{20}));
  EXPECT_EQ(book.epoch(), before);
  auto kept = book.next_snapshot(at(milliseconds{20})).replicas.at(0);
  EXPECT_EQ(kept.flushed, lsn{40});
  EXPECT_EQ(replicas.find("r1")->sent, lsn{42});
}

TEST(topology_epoch, is_higher_in_the_next_life_and_in_the_next_term) {
  topology_book before{origin_of(3, 7)};
  for (int i = 0; i < 100; ++i)
    before.update({facts_of("r" + std::to_string(i), at(milliseconds{0}))}, at(milliseconds{0}));
  EXPECT_EQ(before.epoch().counter, 100u);
  EXPECT_GT((topology_book{origin_of(3, 8)}.epoch()), before.epoch());
  EXPECT_GT((topology_book{origin_of(4, 1)}.epoch()), before.epoch());
  EXPECT_EQ(to_string(before.epoch()), "3.7.100");
}

TEST(topology_epoch, rises_with_a_changed_endpoint_of_the_primary_but_not_with_its_first) {
  auto origin = origin_of();
  origin.primary.endpoint.clear();
  topology_book book{origin};
  EXPECT_FALSE(book.set_primary_endpoint("p:1"));
  EXPECT_FALSE(book.set_primary_endpoint("p:1"));
  EXPECT_EQ(book.epoch().counter, 0u);
  EXPECT_TRUE(book.set_primary_endpoint("p:2"));
  EXPECT_EQ(book.epoch().counter, 1u);
}

/// A replica without what changes under one epoch.
topology_replica lasting(topology_replica x) {
  topology_replica result;
  result.id = x.id;
  result.region = x.region;
  result.endpoint = x.endpoint;
  result.healthy = x.healthy;
  result.rebootstrapping = x.rebootstrapping;
  result.serves_causal_reads = x.serves_causal_reads;
  return result;
}

TEST(topology_epoch, differs_exactly_when_what_is_told_under_it_differs) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 random{seed};
    topology_book book{origin_of()};
    std::map<std::string, replica_facts> all;
    auto now = at(milliseconds{0});
    std::vector<topology_replica> told;
    std::uint64_t log = 0;
    for (int step = 0; step < 400; ++step) {
      auto before = book.epoch();
      now = later(now, milliseconds{random() % 700});
      log += random() % 3;
      book.note_log({lsn{log}, log, 0}, now);
      auto& x =
          all.try_emplace("r" + std::to_string(random() % 3), facts_of("?", now)).first->second;
      switch (random() % 14) {
      case 0: x.rebootstrapping = !x.rebootstrapping; break;
      case 1: x.slot_valid = !x.slot_valid; break;
      case 2: x.region = random() % 2 == 0 ? "eu" : "us"; break;
      case 3: x.endpoint = random() % 2 == 0 ? "a:1" : "b:1"; break;
      case 4: x.connected = !x.connected; break;
      default: x.at = positions_at(log, log, log); x.last_seen = now;
      }
      if (random() % 20 == 0)
        all.erase(all.begin());
      std::vector<replica_facts> facts;
      for (auto& [id, each] : all) {
        each.id = id;
        facts.push_back(each);
      }
      auto rose = book.update(facts, now);
      std::vector<topology_replica> tells;
      auto snapshot = book.next_snapshot(now);
      for (const auto& each : snapshot.replicas)
        tells.push_back(lasting(each));
      // An invalid slot of an unhealthy replica shows in nothing that lasts.
      ASSERT_TRUE(rose || tells == told) << "seed " << seed << " step " << step;
      ASSERT_EQ(rose, book.epoch() > before) << "seed " << seed << " step " << step;
      ASSERT_LE(book.epoch().counter, before.counter + 1);
      ASSERT_EQ(snapshot.epoch, book.epoch());
      told = tells;
    }
  }
}

// -- health --------------------------------------------------------------------------------

// Seen 5,000 ms ago it is healthy, 5,001 ms ago it is not.
TEST(health, lasts_exactly_as_long_as_its_timeout) {
  known_two known;
  known.all[1].last_seen = at(milliseconds{5001});
  EXPECT_EQ(known.update(milliseconds{5000}), 0u);
  EXPECT_TRUE(known.r1(milliseconds{5000}).healthy);
  EXPECT_EQ(known.update(milliseconds{5001}), 1u);
  EXPECT_FALSE(known.r1(milliseconds{5001}).healthy);
  EXPECT_FALSE(known.r1(milliseconds{5001}).serves_causal_reads);
}

TEST(health, flips_raise_the_epoch_once_each) {
  known_two known;
  known.all.pop_back();
  known.update(milliseconds{0});
  EXPECT_EQ(known.update(milliseconds{6000}), 1u);
  EXPECT_EQ(known.update(milliseconds{60'000}), 0u);
  known.all[0].last_seen = at(milliseconds{60'001});
  EXPECT_EQ(known.update(milliseconds{60'001}), 1u);
  EXPECT_EQ(known.update(milliseconds{60'002}), 0u);
}

TEST(health, outlives_a_broken_connection_that_comes_back_in_time) {
  known_two known;
  known.all.pop_back();
  known.update(milliseconds{0});
  known.all[0].connected = false;
  EXPECT_EQ(known.update(milliseconds{4000}), 0u);
  known.all[0].connected = true;
  known.all[0].last_seen = at(milliseconds{4500});
  EXPECT_EQ(known.update(milliseconds{4500}), 0u);
}

TEST(health, is_lost_by_one_that_answers_but_does_not_move_although_it_is_behind) {
  known_two known;
  known.all.pop_back();
  known.book.note_log({lsn{10}, 100, 0}, at(milliseconds{0}));
  known.update(milliseconds{0});
  for (int second = 1; second <= 5; ++second) {
    known.all[0].last_seen = at(seconds{second});
    EXPECT_EQ(known.update(seconds{second}), 0u) << second;
  }
  known.all[0].last_seen = at(seconds{6});
  EXPECT_EQ(known.update(seconds{6}), 1u);
  EXPECT_FALSE(known.r1(seconds{6}).healthy);
  known.all[0].at = positions_at(3, 3, 3);
  EXPECT_EQ(known.update(seconds{6}), 1u);
  EXPECT_TRUE(known.r1(seconds{6}).healthy);
}

TEST(health, is_kept_by_one_that_answers_while_it_starts_over) {
  known_two known;
  known.all.pop_back();
  known.book.note_log({lsn{10}, 100, 0}, at(milliseconds{0}));
  known.all[0].rebootstrapping = true;
  known.update(milliseconds{0});
  known.all[0].last_seen = at(seconds{60});
  EXPECT_EQ(known.update(seconds{60}), 0u);
  EXPECT_TRUE(known.r1(seconds{60}).healthy);
}

TEST(health, needs_no_slot_but_causal_reads_do) {
  known_two known;
  known.all[0].slot_valid = false;
  known.all[1].rebootstrapping = true;
  known.update(milliseconds{1});
  auto told = known.book.next_snapshot(at(milliseconds{1})).replicas;
  EXPECT_TRUE(told[0].healthy && told[1].healthy);
  EXPECT_FALSE(told[0].serves_causal_reads || told[1].serves_causal_reads);
  EXPECT_TRUE(told[1].rebootstrapping);
}

// -- lag -----------------------------------------------------------------------------------

// Equal is 0. Where RedDB divides records by a rate that
// nobody tells, the age of the first missing record is measured here.
TEST(lag, is_that_of_the_first_record_that_is_missing) {
  known_two known;
  known.book.note_log({lsn{400}, 4000, 0}, at(seconds{0}));
  known.book.note_log({lsn{500}, 5000, 0}, at(seconds{1}));
  known.all[0] = facts_of("r1", at(seconds{3}), 400);
  known.all[1] = facts_of("r2", at(seconds{3}), 500);
  known.update(seconds{3});
  auto told = known.book.next_snapshot(at(seconds{3}));
  EXPECT_EQ(told.durable, lsn{500});
  EXPECT_EQ(told.replicas[0].lag_records, 100u);
  EXPECT_EQ(told.replicas[0].lag_bytes, 1000u);
  EXPECT_EQ(told.replicas[0].lag_seconds, 2.0);
  EXPECT_EQ(told.replicas[1].lag_records, 0u);
  EXPECT_EQ(told.replicas[1].lag_bytes, 0u);
  EXPECT_EQ(told.replicas[1].lag_seconds, 0.0);
}

TEST(lag, of_an_idle_replica_that_answers_is_zero_however_long) {
  known_two known;
  known.book.note_log({lsn{5}, 50, 0}, at(seconds{0}));
  known.all[0] = facts_of("r1", at(milliseconds{3'600'000 - 1500}), 5);
  known.update(milliseconds{3'600'000});
  EXPECT_EQ(known.r1(milliseconds{3'600'000}).lag_seconds, 0.0);
}

TEST(lag, of_a_frozen_replica_grows_although_nothing_is_appended) {
  known_two known;
  known.book.note_log({lsn{5}, 50, 0}, at(seconds{0}));
  known.all[0] = facts_of("r1", at(seconds{10}), 5);
  known.update(seconds{10});
  EXPECT_EQ(known.r1(seconds{12}).lag_seconds, 0.0);
  EXPECT_EQ(known.r1(seconds{13}).lag_seconds, 3.0);
  EXPECT_EQ(known.r1(seconds{70}).lag_seconds, 60.0);
  EXPECT_EQ(known.r1(seconds{70}).lag_records, 0u);
}

TEST(lag, of_a_disconnected_replica_grows_from_when_it_was_last_heard) {
  known_two known;
  known.book.note_log({lsn{5}, 50, 0}, at(seconds{0}));
  known.all[0] = facts_of("r1", at(seconds{10}), 5);
  known.all[0].connected = false;
  known.update(seconds{10});
  EXPECT_EQ(known.r1(seconds{11}).lag_seconds, 1.0);
  EXPECT_EQ(known.r1(seconds{70}).lag_seconds, 60.0);
}

TEST(lag, under_steady_load_does_not_grow_with_the_load) {
  known_two known;
  for (int second = 0; second < 1000; ++second) {
    auto tail = static_cast<std::uint64_t>(second) * 100;
    known.book.note_log({lsn{tail}, tail, 0}, at(seconds{second}));
    known.all[0] = facts_of("r1", at(seconds{second}), tail - std::min<std::uint64_t>(tail, 10));
    known.update(seconds{second});
    EXPECT_LE(known.r1(seconds{second}).lag_seconds, 1.0) << second;
  }
}

TEST(staleness, counts_what_is_not_applied) {
  known_two known;
  known.book.note_log({lsn{5}, 50, 0}, at(seconds{1}));
  known.all[0] = facts_of("r1", at(seconds{4}), 5);
  known.all[0].at.applied = lsn{4};
  known.update(seconds{4});
  EXPECT_EQ(known.r1(seconds{4}).lag_seconds, 0.0);
  EXPECT_EQ(known.r1(seconds{4}).staleness_seconds, 3.0);
}

// -- who may see it ------------------------------------------------------------------------

// Without the right it is the epoch and the primary, no error.
TEST(topology, for_a_caller_without_the_right_is_the_primary_only) {
  known_two known;
  auto whole = known.book.next_snapshot(at(milliseconds{1}));
  EXPECT_EQ(visible_to(whole, caller_right::full), whole);
  auto part = visible_to(whole, caller_right::primary_only);
  EXPECT_TRUE(part.replicas.empty());
  EXPECT_EQ(part.epoch, whole.epoch);
  EXPECT_EQ(part.primary, whole.primary);
}

} // namespace
} // namespace sluice::replication::testing
