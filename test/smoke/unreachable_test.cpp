#include "test/support/process.hpp"
#include "test/support/silent_listener.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace sluice::testing {
namespace {

using std::chrono::steady_clock;

/// Every client's question to `address`, with a second of patience.
std::vector<arguments> questions(const std::string& address) {
  return {{"append", "--to", address, "--timeout", "1s"},
          {"read", "--from", address, "--timeout", "1s"},
          {"status", "--of", address, "--timeout", "1s"}};
}

void expect_unreachable(const std::string& address) {
  for (const auto& words : questions(address)) {
    auto began = steady_clock::now();
    auto said = run(words, "x\n");
    EXPECT_LT(steady_clock::now() - began, std::chrono::seconds{3}) << words.front();
    EXPECT_EQ(said.status, 6) << words.front();
    EXPECT_TRUE(said.errors_mention(address)) << words.front() << ": " << said.errors;
    EXPECT_TRUE(said.errors_mention("check the address, and that the node runs"))
        << words.front() << ": " << said.errors;
    EXPECT_FALSE(said.errors_mention("request_timeout")) << said.errors;
    EXPECT_FALSE(said.errors_mention("cannot_connect_to_node")) << said.errors;
  }
}

TEST(an_address_where_nobody_listens, is_told_with_what_to_look_at) {
  // Port 1 needs root, and no service of today has it.
  expect_unreachable("127.0.0.1:1");
}

TEST(an_address_that_never_answers, is_given_up_at_the_timeout) {
  silent_listener silent;
  ASSERT_TRUE(silent.is_open());
  expect_unreachable(silent.address());
}

TEST(a_replica, connects_to_the_primary_that_took_the_place_of_a_silent_peer) {
  node_place place;
  silent_listener silent;
  ASSERT_TRUE(silent.is_open());
  place.start_replica("r1", silent.address());
  silent.take_connection();
  silent.stop_listening();
  place.start_primary_at(silent.endpoint(), "p1");
  auto state = [&] { return place.status("r1")["state"]; };
  auto deadline = steady_clock::now() + std::chrono::seconds{10};
  while (state() != "serving" && steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  EXPECT_EQ(state(), "serving") << place.log_of("r1");
}

TEST(a_node_that_is_stopped, is_given_up_at_the_timeout) {
  node_place place;
  place.start_primary("p1");
  place.node("p1").process().signal(SIGSTOP);
  expect_unreachable(place.address("p1"));
}

} // namespace
} // namespace sluice::testing
