#include "test/support/heard_log.hpp"
#include "test/support/primary_under_test.hpp"
#include "test/support/scripted_peer.hpp"

/// What is said of a log whose bytes are found damaged while it is served.
namespace sluice::test {

namespace {

/// Little in memory: older batches are read from the disk.
primary_choices small_buffer() {
  primary_choices choices;
  choices.buffer.bytes_max = 1024;
  return choices;
}

/// Flips a bit in the record that holds `text`.
void damage(memory_vfs& disk, const std::string& text) {
  for (const auto& path : disk.files()) {
    auto bytes = disk.content(path);
    auto at = path.extension() == ".seg" ? bytes.find(text) : std::string::npos;
    if (at == std::string::npos)
      continue;
    bytes[at] ^= 1;
    disk.set_content(path, bytes);
    return;
  }
  ADD_FAILURE() << "no segment holds it";
}

void fill_with_damage(primary_under_test& primary) {
  primary.append_now(append_of({"first"}));
  primary.append_now(append_of({"to be damaged"}));
  primary.fill(50, 200);
  damage(primary.disk(), "to be damaged");
}

caf::expected<messages::read_reply> read_after(primary_under_test& primary, lsn after) {
  messages::read_request request;
  request.after = after;
  return primary.node().ask<messages::read_reply>(primary.actors().reader, request);
}

TEST(damage, that_a_reader_meets_is_told_to_it_and_in_the_status) {
  primary_under_test primary{small_buffer()};
  fill_with_damage(primary);
  EXPECT_EQ(primary.status().failure, "");
  auto reply = read_after(primary, lsn{1});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, errc::corruption);
  auto status = primary.status();
  EXPECT_EQ(status.state, "serving");
  EXPECT_NE(status.failure.find(".seg: offset="), std::string::npos) << status.failure;
  EXPECT_NE(status.failure.find("lsn=2"), std::string::npos) << status.failure;
  EXPECT_TRUE(primary.append_now(append_of({"on"}))->as_committed());
}

TEST(damage, that_a_replica_needs_is_told_to_it_and_in_the_status) {
  primary_under_test primary{small_buffer()};
  fill_with_damage(primary);
  scripted_peer replica{primary.node()};
  heard_log log;
  for (unsigned attempt = 1; attempt <= 5; ++attempt) {
    auto hello = hello_of("r1");
    hello.identity.sequence = connect_sequence{attempt};
    replica.join(primary.actors().gate, hello);
    replica.ack(no_lsn);
  }
  EXPECT_EQ(log.count("lsn=2"), 1u) << log.text();
  ASSERT_FALSE(replica.heard().refusals.empty());
  EXPECT_EQ(replica.heard().refusals.back().code, errc::corruption);
  EXPECT_NE(primary.status().failure.find("lsn=2"), std::string::npos);
}

TEST(damage, is_logged_once) {
  primary_under_test primary{small_buffer()};
  heard_log log;
  fill_with_damage(primary);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(read_after(primary, lsn{1})->code, errc::corruption);
  EXPECT_EQ(log.count("log is damaged"), 1u) << log.text();
}

TEST(refused_replica, is_one_line_for_each_reason_and_one_at_its_end) {
  primary_under_test primary;
  heard_log log;
  scripted_peer replica{primary.node()};
  auto hello = hello_of("r1");
  hello.cluster = "another";
  for (int i = 0; i < 20; ++i) {
    hello.identity.sequence = connect_sequence{1u + static_cast<unsigned>(i)};
    replica.join(primary.actors().gate, hello);
  }
  EXPECT_EQ(replica.heard().refusals.size(), 20u);
  EXPECT_EQ(log.count("replica refused"), 1u) << log.text();
  hello.cluster = "";
  hello.identity.sequence = connect_sequence{99};
  replica.join(primary.actors().gate, hello);
  EXPECT_EQ(log.count("no longer refused"), 1u) << log.text();
  EXPECT_EQ(log.count("refusals=20"), 1u) << log.text();
}

// -- many at once ----------------------------------------------------------------------------

TEST(status_requests, beyond_the_limit_are_overloaded_and_then_answered_again) {
  primary_choices choices;
  choices.gate.status_requests_max = 3;
  primary_under_test primary{choices};
  auto& self = primary.node().self();
  auto ask = [&] {
    return self->request(primary.actors().gate, caf::infinite, messages::status_request{});
  };
  std::vector<decltype(ask())> pending;
  for (int i = 0; i < 10; ++i)
    pending.push_back(ask());
  while (primary.node().takes<messages::status_request>(primary.actors().gate)) {
  }
  primary.node().run();
  std::size_t answered = 0;
  for (auto& one : pending)
    one.receive([&](const messages::status_reply&) { ++answered; },
                [&](const caf::error& why) { EXPECT_EQ(code_of(why), errc::overloaded); });
  EXPECT_EQ(answered, 3u);
  EXPECT_EQ(primary.status().state, "serving");
}

} // namespace

} // namespace sluice::test
