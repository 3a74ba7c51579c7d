#pragma once

#include "persistence/slot_catalog.hpp"
#include "test/support/primary_under_test.hpp"
#include "test/support/scripted_peer.hpp"

namespace sluice::test {

using messages::control_command;

/// Small segments, nothing kept for comfort, no limit that is not asked for.
inline primary_choices small_log() {
  primary_choices choices;
  choices.spool.segment_bytes = 4096;
  choices.spool.record_bytes_max = 1024;
  choices.spool.append_bytes_max = 2048;
  choices.buffer.bytes_max = 1024;
  return choices;
}

inline errc control(primary_under_test& primary, control_command command,
                    const std::string& subject) {
  auto reply = primary.node().ask<messages::control_reply>(
      primary.actors().gate, messages::control_request{true, command, subject});
  EXPECT_TRUE(reply);
  return reply ? reply->code : errc::unreachable;
}

/// A replica of that name joins and begins to be streamed to.
inline void attach(scripted_peer& peer, primary_under_test& primary, const std::string& id) {
  peer.join(primary.actors().gate, hello_of(id));
  peer.ack(no_lsn);
}

inline slot_status slot_of(primary_under_test& primary, const std::string& id) {
  for (auto& x : primary.status().slots)
    if (x.id == id)
      return x;
  return {};
}

inline persistence::slot_list stored(primary_under_test& primary) {
  std::string warning;
  return *persistence::slot_catalog{primary.disk(), data_directory}.load(true, warning);
}

} // namespace sluice::test
