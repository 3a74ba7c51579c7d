#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::testing {
namespace {

using std::chrono::steady_clock;

/// Takes connections and says nothing.
class silent_listener {
public:
  silent_listener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    is_open_ = ::bind(descriptor_, plain, size) == 0 && ::listen(descriptor_, 64) == 0
               && ::getsockname(descriptor_, plain, &size) == 0;
    port_ = ntohs(address.sin_port);
  }
  ~silent_listener() { ::close(descriptor_); }
  silent_listener(const silent_listener&) = delete;
  silent_listener& operator=(const silent_listener&) = delete;

  bool is_open() const { return is_open_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  int descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
  bool is_open_ = false;
};

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

TEST(a_node_that_is_stopped, is_given_up_at_the_timeout) {
  node_place place;
  place.start_primary("p1");
  place.node("p1").process().signal(SIGSTOP);
  expect_unreachable(place.address("p1"));
}

} // namespace
} // namespace sluice::testing
