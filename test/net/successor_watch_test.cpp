#include "net/successor_watch.hpp"
#include "test/support/machine.hpp"
#include "test/support/simulated_network.hpp"

#include <caf/event_based_actor.hpp>

#include <gtest/gtest.h>

/// What a primary makes of the topologies that others were told.
namespace sluice::test {

namespace {

using std::chrono::seconds;

constexpr std::uint16_t port = 4150;

/// The primary `b` of term 7, and another node that is asked for what it was told.
class watching {
public:
  explicit watching(bool has_members = false) {
    auto other = network_.add();
    auto own = network_.add();
    auto door = network_.make_door();
    network_.allow(other, door, own, "other", port);
    auto& there = network_[other];
    there.publish(there.keep(there.system().spawn(gate, this)), port, door);
    auto& here = network_[own];
    auto writer = here.keep(here.system().spawn(recorder, this));
    auto topology = here.keep(here.system().spawn(advertiser));
    here.keep(net::spawn_successor_watch(
        here.system(), {machine_.context("b"),
                        "c",
                        term{7},
                        {{"other", "other:4150"}},
                        caf::actor_cast<messages::topology_advertiser_actor>(topology),
                        caf::actor_cast<messages::spool_writer_actor>(writer),
                        has_members}));
  }

  /// What the writer is told once the other node says who is its primary.
  std::vector<messages::step_down> hear(const std::string& primary, std::uint64_t current) {
    told.cluster = "c";
    told.epoch.term = term{current};
    told.primary.id = primary;
    told.primary.endpoint = primary + ":4150";
    network_.run();
    network_.advance(seconds{5});
    return orders;
  }

  topology told;
  std::vector<messages::step_down> orders;

private:
  static caf::behavior gate(caf::event_based_actor*, watching* test) {
    return {
        [test](const messages::topology_request&) {
          return messages::topology_reply{true, errc::ok, {}, test->told};
        },
    };
  }

  static caf::behavior recorder(caf::event_based_actor*, watching* test) {
    return {
        [test](const messages::step_down& x) { test->orders.push_back(x); },
    };
  }

  static caf::behavior advertiser(caf::event_based_actor*) {
    return {
        [](const messages::get_topology&) { return messages::topology_reply{}; },
    };
  }

  machine machine_;
  simulated_network network_{1};
};

TEST(successor_watch, has_the_primary_step_down_for_a_higher_term) {
  auto orders = watching{}.hear("c", 8);
  ASSERT_FALSE(orders.empty());
  EXPECT_EQ(orders.front().term, term{8});
  EXPECT_EQ(orders.front().primary_endpoint, "c:4150");
}

TEST(successor_watch, ends_the_primary_for_another_one_of_its_term_whose_name_comes_first) {
  auto orders = watching{}.hear("a", 7);
  ASSERT_FALSE(orders.empty());
  EXPECT_EQ(orders.front().term, term{7});
  EXPECT_EQ(orders.front().reason, "node a was promoted in the same term 7, and stays the primary");
}

TEST(successor_watch, leaves_the_primary_whose_name_comes_first) {
  EXPECT_TRUE(watching{}.hear("c", 7).empty());
}

TEST(successor_watch, leaves_it_to_the_majority_where_there_are_members) {
  EXPECT_TRUE(watching{true}.hear("a", 7).empty());
}

TEST(successor_watch, leaves_a_primary_that_others_follow_and_one_of_an_older_term) {
  EXPECT_TRUE(watching{}.hear("b", 7).empty());
  EXPECT_TRUE(watching{}.hear("a", 6).empty());
}

} // namespace

} // namespace sluice::test
