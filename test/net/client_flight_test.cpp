#include "net/client_flight.hpp"

#include <gtest/gtest.h>

#include <future>

namespace {

using namespace sluice;

class silent_append final : public messages::pending_append {
public:
  silent_append() : pending_append(append{}) {}
  ~silent_append() override { abandon(); }

private:
  void deliver(append_outcome) override {}
};

messages::append_ptr one() {
  return std::make_shared<silent_append>();
}

TEST(client_flight, tells_the_link_once_until_it_has_taken_everything) {
  net::client_flight flight{8};
  EXPECT_TRUE(flight.put(one()));
  EXPECT_FALSE(flight.put(one()));
  EXPECT_EQ(flight.take().size(), 2u);
  EXPECT_TRUE(flight.take().empty());
  EXPECT_TRUE(flight.put(one()));
}

TEST(client_flight, keeps_the_order) {
  net::client_flight flight{8};
  auto first = one();
  auto second = one();
  EXPECT_TRUE(flight.put(first));
  EXPECT_FALSE(flight.put(second));
  EXPECT_EQ(flight.take(), (std::vector<messages::append_ptr>{first, second}));
}

TEST(client_flight, lets_one_more_in_when_it_is_woken) {
  net::client_flight flight{2};
  flight.enter();
  flight.enter();
  auto third = std::async(std::launch::async, [&] { flight.enter(); });
  flight.leave();
  flight.wake();
  third.get();
  flight.leave();
  flight.leave();
  flight.drain();
}

TEST(client_flight, wakes_everybody_when_the_last_one_was_answered) {
  net::client_flight flight{1};
  flight.enter();
  auto second = std::async(std::launch::async, [&] { flight.enter(); });
  flight.leave();
  second.get();
  auto drained = std::async(std::launch::async, [&] { flight.drain(); });
  flight.leave();
  drained.get();
}

} // namespace
