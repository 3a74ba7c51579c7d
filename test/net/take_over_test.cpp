#include "net/promoter.hpp"
#include "test/support/machine.hpp"
#include "test/support/simulated_network.hpp"

#include <caf/event_based_actor.hpp>

/// In which order a replica takes over from a primary that is there, and how it comes to nothing.
namespace sluice::test {

namespace {

using messages::control_command;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint16_t port = 4150;

/// The primary `n0`, the replica `r` that is asked to take over, and a third member `n1`.
class taking_over {
public:
  taking_over() {
    add_gate("n0");
    add_gate("n1");
    candidate_ = network_.add();
    for (std::size_t slot = 0; slot < 2; ++slot)
      network_.allow(slot, doors_[slot], candidate_, name_of(slot), port);
    own.cluster = "c";
    own.node = "r";
    own.term = term{1};
    own.timeline = timeline_id{1};
    own.end = {term{1}, lsn{5}};
    own.members = {"n0", "n1", "r"};
    own.nodes = {{"n0", "n0:4150"}, {"n1", "n1:4150"}};
    auto& node = network_[candidate_];
    receiver_ = node.keep(node.system().spawn(receiver, this));
    promoter_ = node.keep(net::spawn_promoter(
        node.system(),
        {machine_.context("r"), caf::actor_cast<messages::replica_receiver_actor>(receiver_)}));
    caf::anon_send(promoter_, messages::node_published{"r:4150"});
  }

  /// What the operator is told, if anything.
  std::optional<messages::control_reply> ask(const std::string& subject = "n0",
                                             control_command command = control_command::take_over) {
    auto script = [this, subject, command](caf::event_based_actor* self) -> caf::behavior {
      self->request(promoter_, caf::infinite, messages::control_request{true, command, subject})
          .then([this](const messages::control_reply& x) { told_ = x; });
      return {[](int) {}};
    };
    auto& node = network_[candidate_];
    node.keep(node.system().spawn(script));
    network_.run();
    network_.advance(seconds{20});
    return told_;
  }

  bool happened(const std::string& what) const {
    return std::find(events.begin(), events.end(), what) != events.end();
  }

  messages::candidacy own;
  /// How the primary answers what it is asked; none: not at all.
  std::optional<messages::control_reply> prepares = messages::control_reply{true, errc::ok, "9"};
  std::optional<errc> primary_grants = errc::ok;
  bool is_third_silent = false;
  /// What was asked of whom, surveys apart, in order.
  std::vector<std::string> events;

private:
  static std::string name_of(std::size_t slot) { return "n" + std::to_string(slot); }

  void add_gate(const std::string& name) {
    auto slot = network_.add();
    doors_.push_back(network_.make_door());
    auto gate = [](caf::event_based_actor* self, taking_over* test,
                   const std::string& id) -> caf::behavior {
      return {
          [self, test, id](const messages::grant_request& x) -> caf::result<messages::grant_reply> {
            return test->grant(self, id, x);
          },
          [self, test](const messages::control_request&) -> caf::result<messages::control_reply> {
            test->events.push_back("prepare");
            // By then it is through what the primary has.
            test->own.end.flushed = lsn{9};
            if (test->prepares)
              return *test->prepares;
            return self->make_response_promise<messages::control_reply>();
          },
      };
    };
    auto& node = network_[slot];
    node.publish(node.keep(node.system().spawn(gate, this, name)), port, doors_.back());
  }

  caf::result<messages::grant_reply> grant(caf::event_based_actor* self, const std::string& id,
                                           const messages::grant_request& x) {
    messages::grant_reply reply{true, errc::fenced, {}, id, term{1}, term{1}, lsn{9}};
    if (x.term == term{})
      return reply;
    events.push_back(id + " grants " + to_string(x.term) + " at " + to_string(x.flushed));
    auto is_silent = id == "n0" ? !primary_grants : is_third_silent;
    if (is_silent)
      return self->make_response_promise<messages::grant_reply>();
    reply.code = id == "n0" ? *primary_grants : errc::ok;
    reply.term = reply.code == errc::ok ? x.term : term{1};
    return reply;
  }

  static caf::behavior receiver(caf::event_based_actor*, taking_over* test) {
    return {
        [test](const messages::get_candidacy&) { return test->own; },
        [test](const messages::grant_request& x) {
          test->events.push_back("own grant " + to_string(x.term));
          return messages::grant_reply{true, errc::ok, {}, "r", x.term, term{1}, lsn{9}};
        },
        [test](const messages::take_office& x) {
          test->events.push_back("office " + to_string(x.term));
          return messages::office_taken{errc::ok, {}, lsn{9}};
        },
    };
  }

  machine machine_;
  simulated_network network_{1};
  std::vector<caf::io::accept_handle> doors_;
  std::size_t candidate_ = 0;
  caf::actor receiver_;
  messages::promoter_actor promoter_;
  std::optional<messages::control_reply> told_;
};

TEST(take_over, asks_the_primary_before_the_replica_promises_anything) {
  taking_over x;
  x.is_third_silent = true;
  auto told = x.ask();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, errc::ok) << told->text;
  ASSERT_GE(x.events.size(), 3u);
  EXPECT_EQ((std::vector<std::string>{x.events.begin(), x.events.begin() + 3}),
            (std::vector<std::string>{"prepare", "n0 grants 2 at 9", "own grant 2"}));
  EXPECT_TRUE(x.happened("n1 grants 2 at 9"));
  EXPECT_TRUE(x.happened("office 2"));
  EXPECT_NE(told->text.find("term=2 fork_lsn=9 from=n0 paused_ms=0"), std::string::npos)
      << "who is silent is not waited for: " << told->text;
}

TEST(take_over, comes_to_nothing_when_the_primary_does_not_hand_over) {
  taking_over x;
  x.prepares = messages::control_reply{true, errc::timed_out, "too slow"};
  auto told = x.ask();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, errc::timed_out);
  EXPECT_NE(told->text.find("nothing was changed"), std::string::npos) << told->text;
  EXPECT_EQ(x.events, std::vector<std::string>{"prepare"});
}

TEST(take_over, raises_no_term_of_its_own_when_the_primary_refuses_the_grant) {
  taking_over x;
  x.primary_grants = errc::behind_watermark;
  auto told = x.ask();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, errc::behind_watermark);
  EXPECT_FALSE(x.happened("own grant 2"));
}

TEST(take_over, raises_no_term_of_its_own_when_the_primary_is_silent) {
  taking_over x;
  x.primary_grants = std::nullopt;
  auto told = x.ask();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, errc::unreachable);
  EXPECT_FALSE(x.happened("own grant 2"));
  taking_over y;
  y.prepares = std::nullopt;
  told = y.ask();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, errc::unreachable);
  EXPECT_EQ(y.events, std::vector<std::string>{"prepare"});
}

TEST(take_over, from_a_primary_that_is_not_known_is_refused) {
  taking_over x;
  auto told = x.ask("n7");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, errc::not_primary);
  EXPECT_TRUE(x.events.empty());
}

TEST(take_over, without_a_majority_disturbs_nobody) {
  taking_over x;
  x.own.members = {"n0", "n2", "n3", "n4", "r"};
  auto told = x.ask();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, errc::no_majority);
  EXPECT_TRUE(x.events.empty());
}

TEST(promoting, who_is_no_declared_member_is_refused_and_changes_nothing) {
  for (auto command : {control_command::promote, control_command::promote_forced}) {
    taking_over x;
    x.own.members = {"n0", "n1", "n2"};
    auto told = x.ask("", command);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->code, errc::wrong_role) << told->text;
    EXPECT_EQ(told->text, "r is not a declared member: only a member can become the primary; "
                          "nothing was changed");
    EXPECT_TRUE(x.events.empty());
  }
}

TEST(promoting, a_plan_says_who_is_no_declared_member) {
  taking_over x;
  x.own.members = {"n0", "n2", "n3"};
  x.own.end.flushed = lsn{9};
  auto told = x.ask("", control_command::plan_promotion);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->text,
            "node=r endpoint=r:4150 reachable=yes eligible=no last_term=1 flushed_lsn=9 "
            "lsns_at_risk=0 why=\"not a declared member\"\n"
            "node=n0 endpoint=n0:4150 reachable=yes eligible=yes last_term=1 flushed_lsn=9 "
            "lsns_at_risk=0\n"
            "node=n1 endpoint=n1:4150 reachable=yes eligible=no last_term=1 flushed_lsn=9 "
            "lsns_at_risk=0 why=\"not a declared member\"");
}

TEST(promoting, what_stands_in_the_way_is_refused_and_is_no_bad_usage) {
  taking_over x;
  x.own.obstacle = "its state needs a snapshot of another node's";
  auto told = x.ask("", control_command::promote);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, errc::behind_watermark);
  EXPECT_EQ(told->text, "r cannot be promoted: its state needs a snapshot of another node's; "
                        "nothing was changed");
  EXPECT_TRUE(x.events.empty());
}

} // namespace

} // namespace sluice::test
