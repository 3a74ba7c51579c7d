#include "test/support/silent_listener.hpp"

#include <sluice/client.hpp>
#include <sluice/configure.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>

/// What a peer that takes connections and says nothing may not do. Real sockets: CAF's own
/// connecting is what is at stake.
namespace sluice::test {

namespace {

using sluice::testing::deaf_listener;
using sluice::testing::silent_listener;
using std::chrono::seconds;

struct client_system_config : caf::actor_system_config {
  client_system_config() { configure(*this); }
};

/// Whether `work` ends in time; if not it is left behind.
template <class Work>
bool ends_within(seconds limit, Work work) {
  auto done = std::make_shared<std::promise<void>>();
  auto is_done = done->get_future();
  std::thread{[done, work = std::move(work)]() mutable {
    work();
    done->set_value();
  }}.detach();
  return is_done.wait_for(limit) == std::future_status::ready;
}

TEST(a_client, that_is_destroyed_while_it_connects_lets_its_process_end) {
  silent_listener peer;
  EXPECT_TRUE(ends_within(seconds{10}, [&peer] {
    for (int i = 0; i < 30; ++i) {
      client_system_config config;
      caf::actor_system system{config};
      auto opened = client::open(system, {{peer.endpoint()}, {}, producer_sequence{1}, true, 1});
      ASSERT_TRUE(opened) << describe(opened.error());
    }
  }));
}

TEST(a_client, that_is_destroyed_once_it_has_connected_lets_its_process_end) {
  silent_listener peer;
  EXPECT_TRUE(ends_within(seconds{10}, [&peer] {
    client_system_config config;
    caf::actor_system system{config};
    auto opened = client::open(system, {{peer.endpoint()}, {}, producer_sequence{1}, true, 1});
    ASSERT_TRUE(opened) << describe(opened.error());
    peer.take_connection();
    peer.take_connection();
    opened = make_error(errc::closed, "destroyed");
  }));
}

TEST(a_client, of_a_host_that_is_gone_keeps_nobody_of_its_process_from_connecting) {
  deaf_listener gone;
  ASSERT_TRUE(gone.is_deaf());
  client_system_config config;
  caf::actor_system system{config};
  auto waiting = client::open(system, {{gone.endpoint()}, {}, producer_sequence{1}, true, 1});
  ASSERT_TRUE(waiting) << describe(waiting.error());
  for (int i = 0; i < 3; ++i) {
    auto peer = std::make_shared<silent_listener>();
    auto other = client::open(system, {{peer->endpoint()}, {}, producer_sequence{1}, true, 1});
    ASSERT_TRUE(other) << describe(other.error());
    EXPECT_TRUE(ends_within(seconds{1}, [peer] { peer->take_connection(); }));
  }
}

TEST(a_client, of_a_host_that_is_gone_lets_its_process_end) {
  deaf_listener gone;
  ASSERT_TRUE(gone.is_deaf());
  auto where = gone.endpoint();
  EXPECT_TRUE(ends_within(seconds{5}, [where] {
    client_system_config config;
    caf::actor_system system{config};
    auto opened = client::open(system, {{where}, {}, producer_sequence{1}, true, 1});
    ASSERT_TRUE(opened) << describe(opened.error());
  }));
}

} // namespace

} // namespace sluice::test
