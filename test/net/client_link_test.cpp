#include "net/client_link.hpp"
#include "test/support/recorded_append.hpp"
#include "test/support/simulated_network.hpp"

#include <caf/event_based_actor.hpp>

#include <deque>

/// What a client does with the answers of a primary that is one no more, and without any.
namespace sluice::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint16_t port = 4150;

/// Node 0 is the primary until the test says otherwise, node 1 is its successor.
class two_primaries {
public:
  explicit two_primaries(bool follow = true, std::vector<node_endpoint> nodes = {{"n0", port}}) {
    for (std::size_t slot = 0; slot < 2; ++slot)
      add_node();
    auto client = network_.add();
    for (std::size_t slot = 0; slot < 2; ++slot)
      for (int i = 0; i < 50; ++i)
        network_.allow(slot, doors_[slot], client, "n" + std::to_string(slot), port);
    net::client_link_setup setup;
    setup.nodes = std::move(nodes);
    setup.producer = "c";
    setup.follow = follow;
    setup.flight = flight_;
    auto& node = network_[client];
    link_ = node.keep(net::spawn_client_link(node.system(), std::move(setup)));
    network_.run();
  }

  enum class voice { all, no_answers_to_appends, none };

  struct node_script {
    bool is_primary = true;
    voice says = voice::all;
    /// Every append is answered so; by default it is committed.
    std::optional<append_outcome> answer;
    std::vector<messages::ticketed_append> taken;
    std::size_t questions = 0;
    std::vector<caf::response_promise> unanswered;
  };

  answer_ptr append(const std::string& bytes, milliseconds timeout = append_options{}.timeout) {
    auto answered = std::make_shared<answer>();
    auto request = append_of({bytes});
    request.options.timeout = timeout;
    if (flight_->put(std::make_shared<recorded_append>(std::move(request), answered)))
      caf::anon_send(link_, messages::flush_gathered{});
    network_.run();
    return answered;
  }

  simulated_network& network() { return network_; }
  node_script& node(std::size_t slot) { return *scripts_[slot]; }

private:
  void add_node() {
    auto slot = network_.add();
    doors_.push_back(network_.make_door());
    auto script = std::make_shared<node_script>();
    scripts_.push_back(script);
    auto gate = [](caf::event_based_actor* self,
                   const std::shared_ptr<node_script>& x) -> caf::behavior {
      return {
          [self, x](const messages::client_hello&) {
            auto client = caf::actor_cast<caf::actor>(self->current_sender());
            if (x->is_primary)
              self->send(client,
                         messages::client_welcome{true, messages::protocol_version, "n", "c",
                                                  term{1}, 1 << 20, 1 << 20, 1 << 20, 1000});
            else
              self->send(client, messages::rejected{
                                     true, errc::not_primary, "a replica", {}, {}, "n1:4150"});
          },
          [self, x](const messages::topology_request&) {
            ++x->questions;
            auto promise = self->make_response_promise();
            if (x->says == voice::none)
              x->unanswered.push_back(promise);
            else
              promise.deliver(messages::topology_reply{true, errc::ok, {}, {}});
            return promise;
          },
          [self, x](const messages::append_many& request) {
            messages::committed_many out;
            for (const auto& item : request.items) {
              x->taken.push_back(item);
              out.items.push_back(
                  {item.ticket, x->answer.value_or(committed{{lsn{1}, lsn{1}}, {}, {}})});
            }
            if (x->says == voice::all)
              self->send(caf::actor_cast<caf::actor>(self->current_sender()), out);
          },
      };
    };
    auto& node = network_[slot];
    auto published = node.keep(node.system().spawn(gate, script));
    node.publish(published, port, doors_.back());
  }

  simulated_network network_{1};
  std::vector<caf::io::accept_handle> doors_;
  std::vector<std::shared_ptr<node_script>> scripts_;
  std::shared_ptr<net::client_flight> flight_ = std::make_shared<net::client_flight>(100);
  net::client_link_actor link_;
};

const append_outcome deposed = append_failed{errc::fenced, "deposed", {}};

TEST(client, of_a_primary_that_is_deposed_appends_at_its_successor) {
  two_primaries x;
  EXPECT_EQ(x.append("a")->first(), lsn{1});
  x.node(0).answer = deposed;
  auto waiting = x.append("b");
  EXPECT_TRUE(waiting->is_open());
  x.node(0).is_primary = false;
  x.network().advance(milliseconds{500});
  EXPECT_EQ(waiting->first(), lsn{1});
  ASSERT_EQ(x.node(1).taken.size(), 1u);
  EXPECT_EQ(x.node(1).taken[0].what.options.producer->sequence, producer_sequence{2});
}

TEST(client, asks_a_deposed_primary_no_faster_than_it_connects) {
  two_primaries x;
  x.append("a");
  x.node(0).answer = deposed;
  auto waiting = x.append("b");
  x.network().advance(milliseconds{1000});
  EXPECT_TRUE(waiting->is_open());
  EXPECT_LE(x.node(0).taken.size(), 250u);
  EXPECT_GE(x.node(0).taken.size(), 3u);
}

const std::vector<node_endpoint> both{{"n0", port}, {"n1", port}};

TEST(client, of_a_primary_that_has_fallen_silent_appends_at_another_node) {
  two_primaries x{true, both};
  EXPECT_EQ(x.append("a")->first(), lsn{1});
  x.node(0).says = two_primaries::voice::none;
  auto waiting = x.append("b");
  x.network().advance(milliseconds{2900});
  EXPECT_TRUE(waiting->is_open());
  x.network().advance(milliseconds{600});
  EXPECT_EQ(waiting->first(), lsn{1});
  ASSERT_EQ(x.node(1).taken.size(), 1u);
  EXPECT_EQ(x.node(1).taken[0].what.options.producer->sequence, producer_sequence{2});
}

TEST(client, waits_for_a_commit_that_takes_long_where_the_primary_lives) {
  two_primaries x{true, both};
  x.node(0).says = two_primaries::voice::no_answers_to_appends;
  auto waiting = x.append("a", seconds{60});
  x.network().advance(seconds{30});
  EXPECT_TRUE(waiting->is_open());
  EXPECT_EQ(x.node(0).taken.size(), 1u);
  EXPECT_TRUE(x.node(1).taken.empty());
  EXPECT_GE(x.node(0).questions, 20u);
  EXPECT_LE(x.node(0).questions, 30u);
}

TEST(client, asks_nothing_of_a_primary_that_owes_it_no_answer) {
  two_primaries x{true, both};
  EXPECT_EQ(x.append("a")->first(), lsn{1});
  x.node(0).says = two_primaries::voice::none;
  x.network().advance(seconds{30});
  EXPECT_EQ(x.node(0).questions, 0u);
  x.node(0).says = two_primaries::voice::all;
  EXPECT_EQ(x.append("b")->first(), lsn{1});
  EXPECT_EQ(x.node(0).taken.size(), 2u);
}

TEST(client, that_does_not_follow_is_told_that_the_primary_is_deposed) {
  two_primaries x{false};
  x.node(0).answer = deposed;
  EXPECT_EQ(x.append("a")->code(), errc::fenced);
}

} // namespace

} // namespace sluice::test
