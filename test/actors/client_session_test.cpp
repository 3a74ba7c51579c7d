#include "test/support/primary_under_test.hpp"
#include "test/support/scripted_peer.hpp"

/// What a client in another process is given, and what it cannot do.
namespace sluice::test {

namespace {

/// A client whose session is open.
struct joined_client {
  explicit joined_client(primary_choices choices = {})
      : primary(std::move(choices)), client(primary.node()) {
    messages::client_hello from;
    from.client = "c1";
    client.tell(primary.actors().gate, from);
  }

  void send(messages::append_many what) {
    ASSERT_NE(client.heard().session, nullptr);
    client.tell(caf::actor_cast<messages::append_sink_actor>(client.heard().session),
                std::move(what));
  }

  primary_under_test primary;
  scripted_peer client;
};

messages::append_many appends(std::vector<std::pair<std::uint64_t, append>> items) {
  messages::append_many x;
  for (auto& [ticket, what] : items)
    x.items.push_back({ticket, std::move(what)});
  return x;
}

primary_choices with_credit(std::uint64_t bytes) {
  primary_choices choices;
  choices.gate.client_credit_bytes = bytes;
  return choices;
}

TEST(client_session, tells_the_limits_it_keeps) {
  joined_client x{with_credit(1234)};
  ASSERT_EQ(x.client.heard().client_welcomes.size(), 1u);
  EXPECT_EQ(x.client.heard().client_welcomes[0].credit_bytes, 1234u);
  EXPECT_EQ(x.client.heard().client_welcomes[0].node, primary_name);
}

TEST(client_session, answers_each_ticket_once) {
  joined_client x;
  x.send(appends({{7, append_of({"a"})}, {8, append_of({"b", "c"})}, {9, append_of({})}}));
  std::map<std::uint64_t, append_outcome> by_ticket;
  for (const auto& outcome : x.client.heard().outcomes)
    EXPECT_TRUE(by_ticket.emplace(outcome.ticket, outcome.outcome).second);
  ASSERT_EQ(by_ticket.size(), 3u);
  EXPECT_EQ(std::get<committed>(by_ticket[7]).records.first, lsn{1});
  EXPECT_EQ(std::get<committed>(by_ticket[8]).records, (lsn_range{lsn{2}, lsn{3}}));
  EXPECT_EQ(std::get<append_failed>(by_ticket[9]).code, errc::invalid_argument);
}

TEST(client_session, refuses_what_exceeds_its_credit) {
  joined_client x{with_credit(100)};
  scripted_peer replica{x.primary.node()};
  replica.join(x.primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  x.send(appends({{1, append_under(policy_ack_n{1}, std::string(80, 'x'))},
                  {2, append_under(policy_ack_n{1}, std::string(80, 'x'))}}));
  ASSERT_EQ(x.client.heard().outcomes.size(), 1u);
  EXPECT_EQ(x.client.heard().outcomes[0].ticket, 2u);
  EXPECT_EQ(std::get<append_failed>(x.client.heard().outcomes[0].outcome).code, errc::overloaded);
  replica.ack(lsn{1});
  x.send(appends({{3, append_of({std::string(80, 'x')})}}));
  EXPECT_EQ(x.client.heard().outcomes.size(), 3u);
}

TEST(client_session, takes_one_append_larger_than_its_credit) {
  joined_client x{with_credit(100)};
  x.send(appends({{1, append_of({std::string(500, 'x')})}}));
  ASSERT_EQ(x.client.heard().outcomes.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<committed>(x.client.heard().outcomes[0].outcome));
}

// Records without bytes use no credit, and would be taken without end.
TEST(client_session, has_credit_for_so_many_empty_records_only) {
  joined_client x;
  scripted_peer replica{x.primary.node()};
  replica.join(x.primary.actors().gate, hello_of("r1"));
  replica.ack(no_lsn);
  messages::append_many what;
  for (std::uint64_t ticket = 1; ticket <= 20'000; ++ticket)
    what.items.push_back({ticket, append_under(policy_ack_n{1}, "")});
  x.send(std::move(what));
  EXPECT_FALSE(x.client.heard().outcomes.empty());
}

TEST(client_session, ends_when_it_is_told_what_it_cannot_understand) {
  joined_client x;
  messages::append_many garbage;
  garbage.well_formed = false;
  x.send(garbage);
  ASSERT_EQ(x.client.heard().refusals.size(), 1u);
  EXPECT_EQ(x.client.heard().refusals[0].code, errc::malformed);
  EXPECT_TRUE(x.client.heard().has_lost_session);
}

TEST(client_session, of_a_client_that_is_gone_ends_and_leaves_its_appends_to_the_log) {
  joined_client x;
  messages::append_many what;
  for (std::uint64_t ticket = 1; ticket <= 1000; ++ticket)
    what.items.push_back({ticket, append_of({"x"})});
  EXPECT_EQ(x.primary.status().clients, 1u);
  caf::send_as(caf::actor{}, caf::actor_cast<messages::append_sink_actor>(x.client.heard().session),
               std::move(what));
  x.client.die();
  EXPECT_EQ(x.primary.status().clients, 0u);
  auto written = x.primary.positions().written;
  EXPECT_TRUE(written == no_lsn || written == lsn{1000});
  EXPECT_TRUE(x.primary.append_now(append_of({"on"}))->as_committed());
}

TEST(client_session, is_refused_beyond_the_limit) {
  primary_choices choices;
  choices.gate.clients_max = 1;
  joined_client x{choices};
  scripted_peer second{x.primary.node()};
  second.tell(x.primary.actors().gate, messages::client_hello{});
  ASSERT_EQ(second.heard().refusals.size(), 1u);
  EXPECT_EQ(second.heard().refusals[0].code, errc::overloaded);
  x.client.die();
  second.tell(x.primary.actors().gate, messages::client_hello{});
  EXPECT_EQ(second.heard().client_welcomes.size(), 1u);
}

TEST(client_hello, of_a_newer_protocol_or_without_meaning_is_refused) {
  joined_client x;
  messages::client_hello newer;
  newer.protocol = messages::protocol_version + 1;
  x.client.tell(x.primary.actors().gate, newer);
  messages::client_hello garbage;
  garbage.well_formed = false;
  x.client.tell(x.primary.actors().gate, garbage);
  ASSERT_EQ(x.client.heard().refusals.size(), 2u);
  EXPECT_EQ(x.client.heard().refusals[0].code, errc::newer_protocol);
  EXPECT_EQ(x.client.heard().refusals[1].code, errc::malformed);
}

} // namespace

} // namespace sluice::test
