#include "net/topology_link.hpp"
#include "test/support/simulated_network.hpp"

#include <sluice/errc.hpp>

#include <caf/event_based_actor.hpp>

#include <optional>

/// How a client learns the topology and keeps it, over a network that the test drives.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint16_t port = 4150;

/// The topology of primary `n<primary>` with replicas on all other nodes.
topology topology_at(std::size_t primary, std::uint64_t in_term, std::uint64_t counter) {
  topology x;
  x.cluster = "c1";
  x.epoch = {term{in_term}, incarnation{1}, counter};
  x.measurement = counter + 1;
  x.timeline = timeline_id{1};
  x.primary = {"n" + std::to_string(primary), "n" + std::to_string(primary) + ":4150", {}};
  topology_replica other;
  other.id = primary == 0 ? "n1" : "n0";
  other.endpoint = other.id + ":4150";
  x.replicas = {other};
  return x;
}

/// Nodes 0 and 1, whose gates tell what the test says, and a client.
class told_client {
public:
  explicit told_client(std::vector<std::string> seeds) {
    for (std::size_t slot = 0; slot < 2; ++slot)
      add_node();
    client_ = network_.add();
    for (const auto& seed : seeds)
      setup_.seeds.push_back({seed, port});
    setup_.into = cell_;
  }

  struct node_script {
    messages::topology_reply tells;
    caf::actor gate;
    std::optional<caf::actor> subscriber;
    std::vector<topology_epoch> seen;
  };

  void begin() {
    auto& node = network_[client_];
    link_ = node.keep(net::spawn_topology_link(node.system(), setup_));
    network_.run();
  }

  /// Lets the client connect to the node once.
  std::size_t allow(std::size_t slot) {
    return network_.allow(slot, doors_[slot], client_, "n" + std::to_string(slot), port);
  }

  void tell(std::size_t slot, errc code, topology what) {
    scripts_[slot]->tells = {true, code, "said so", std::move(what)};
  }

  void push(std::size_t slot, topology what) {
    auto& script = *scripts_[slot];
    ASSERT_TRUE(script.subscriber);
    caf::send_as(script.gate, *script.subscriber,
                 messages::topology_reply{true, errc::ok, {}, std::move(what)});
    network_.run();
  }

  simulated_network& network() { return network_; }
  node_script& node(std::size_t slot) { return *scripts_[slot]; }
  net::topology_link_actor link() const { return link_; }
  networked_node& client() { return network_[client_]; }
  std::optional<topology> known() const {
    auto learned = cell_->load();
    return learned ? std::optional{learned->what} : std::nullopt;
  }
  node_endpoint primary() const { return cell_->load()->primary; }

private:
  void add_node() {
    auto slot = network_.add();
    doors_.push_back(network_.make_door());
    auto script = std::make_shared<node_script>();
    scripts_.push_back(script);
    auto gate = [](caf::event_based_actor* self,
                   const std::shared_ptr<node_script>& x) -> caf::behavior {
      return {
          [x](const messages::topology_request&) { return x->tells; },
          [x, self](const messages::topology_subscribe&) {
            x->subscriber = caf::actor_cast<caf::actor>(self->current_sender());
          },
          [x](const messages::topology_seen& seen) { x->seen.push_back(seen.epoch); },
      };
    };
    auto& node = network_[slot];
    script->gate = node.keep(node.system().spawn(gate, script));
    node.publish(script->gate, port, doors_.back());
  }

  // The scripts hold actors of the network: they go first.
  simulated_network network_{1};
  std::vector<caf::io::accept_handle> doors_;
  std::vector<std::shared_ptr<node_script>> scripts_;
  std::shared_ptr<net::topology_cell> cell_ = std::make_shared<net::topology_cell>();
  net::topology_link_setup setup_;
  std::size_t client_ = 0;
  net::topology_link_actor link_;
};

TEST(topology_link, learns_from_a_replica_where_the_primary_is_and_subscribes_there) {
  told_client x{{"n1"}};
  x.tell(0, errc::ok, topology_at(0, 1, 5));
  x.tell(1, errc::not_primary, topology_at(0, 1, 4));
  x.allow(1);
  x.allow(0);
  x.begin();
  ASSERT_TRUE(x.known());
  EXPECT_EQ(x.known()->epoch.counter, 5u);
  EXPECT_EQ(x.primary(), (node_endpoint{"n0", port}));
  EXPECT_TRUE(x.node(0).subscriber);
  EXPECT_FALSE(x.node(1).subscriber);
}

TEST(topology_link, takes_a_push_of_a_higher_epoch_only_and_says_that_it_has_seen_it) {
  told_client x{{"n0"}};
  x.tell(0, errc::ok, topology_at(0, 1, 5));
  x.allow(0);
  x.begin();
  x.push(0, topology_at(0, 1, 6));
  EXPECT_EQ(x.known()->epoch.counter, 6u);
  x.push(0, topology_at(0, 1, 3));
  EXPECT_EQ(x.known()->epoch.counter, 6u);
  ASSERT_EQ(x.node(0).seen.size(), 2u);
  EXPECT_EQ(x.node(0).seen[0].counter, 6u);
}

TEST(topology_link, asks_again_for_what_no_push_brought) {
  told_client x{{"n0"}};
  x.tell(0, errc::ok, topology_at(0, 1, 5));
  x.allow(0);
  x.begin();
  x.tell(0, errc::ok, topology_at(0, 1, 9));
  x.network().advance(milliseconds{1000});
  EXPECT_EQ(x.known()->epoch.counter, 9u);
}

// A topology that begins anew does not keep clients on the old one.
TEST(topology_link, follows_a_promotion_that_another_node_tells_of) {
  told_client x{{"n0"}};
  x.tell(0, errc::ok, topology_at(0, 1, 50));
  auto first = x.allow(0);
  x.begin();
  x.tell(1, errc::ok, topology_at(1, 2, 0));
  x.network().cut(first, simulated_network::in_flight::dropped);
  x.allow(1);
  x.network().advance(seconds{10});
  EXPECT_EQ(x.known()->epoch.term, term{2});
  EXPECT_EQ(x.primary(), (node_endpoint{"n1", port}));
  EXPECT_TRUE(x.node(1).subscriber);
}

TEST(topology_link, leaves_a_primary_whose_epoch_is_overtaken) {
  told_client x{{"n1", "n0"}};
  x.tell(1, errc::not_primary, topology_at(1, 2, 0));
  x.tell(0, errc::ok, topology_at(0, 1, 50));
  x.allow(1);
  x.begin();
  x.allow(0);
  x.network().advance(seconds{10});
  EXPECT_EQ(x.known()->epoch.term, term{2});
  EXPECT_FALSE(x.node(0).subscriber);
}

TEST(topology_link, answers_who_waits_when_the_epoch_rises_or_the_time_is_up) {
  told_client x{{"n0"}};
  x.tell(0, errc::ok, topology_at(0, 1, 5));
  x.allow(0);
  x.begin();
  auto& self = x.client().self();
  auto served = self->request(x.link(), caf::infinite,
                              net::await_topology{x.known()->epoch, milliseconds{900}});
  x.network().run();
  x.push(0, topology_at(0, 1, 6));
  served.receive([](const topology& told) { EXPECT_EQ(told.epoch.counter, 6u); },
                 [](const caf::error& why) { FAIL() << describe(why); });
  auto late = self->request(x.link(), caf::infinite,
                            net::await_topology{x.known()->epoch, milliseconds{900}});
  x.network().run();
  x.network().advance(milliseconds{900});
  late.receive([](const topology&) { FAIL() << "nothing new was told"; },
               [](const caf::error& why) { EXPECT_EQ(code_of(why), errc::timed_out); });
}

} // namespace

} // namespace sluice::test
