#pragma once

#include "persistence/node_state.hpp"
#include "test/actors/slot_fixture.hpp"
#include "test/support/primary_under_test.hpp"
#include "test/support/replica_under_test.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice::test {

inline persistence::node_state state_on(memory_vfs& disk) {
  std::string warning;
  auto state = persistence::read_node_state(disk, data_directory, warning);
  EXPECT_TRUE(state && *state);
  return state && *state ? **state : persistence::node_state{};
}

inline messages::grant_request claim_of(const std::string& candidate, std::uint64_t wanted,
                                        std::uint64_t flushed) {
  return {true,         cluster_name, candidate,    "127.0.0.1:4199",
          term{wanted}, term{1},      lsn{flushed}, false};
}

/// A replica that has followed its primary through LSN 2.
struct follower {
  follower() {
    replica.attach();
    replica.stream(replica.source().make({"a", "b"}));
  }

  messages::grant_reply ask(messages::grant_request what) {
    what.cluster = replica.log().cluster;
    auto reply = replica.node().ask<messages::grant_reply>(replica.receiver(), what);
    EXPECT_TRUE(reply);
    return reply ? *reply : messages::grant_reply{};
  }

  messages::office_taken take_office(std::uint64_t won) {
    auto reply = replica.node().ask<messages::office_taken>(replica.receiver(),
                                                            messages::take_office{term{won}});
    EXPECT_TRUE(reply);
    return reply ? *reply : messages::office_taken{};
  }

  replica_under_test replica;
};

} // namespace sluice::test
