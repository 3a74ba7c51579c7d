#pragma once

#include "tools/exit_status.hpp"
#include "tools/record_input.hpp"

#include <sluice/client.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::tools {

/// What `sluice append` was asked to do.
struct append_job {
  client_config client;
  std::optional<commit_policy> policy;
  std::chrono::milliseconds timeout{5000};
  std::optional<lsn> expected_lsn;
  /// Input records in one append.
  std::uint64_t batch = 1;
  /// The whole input is one append.
  bool is_atomic = false;
  /// Empty for none.
  std::string ack_log;
  bool is_quiet = false;
  bool as_json = false;
};

/// Appends all of `input`, tells each commit on stdout and the sum on stderr. Stops taking
/// input at the first append that was not committed.
exit_status run(caf::actor_system& system, const append_job& job, record_input& input);

} // namespace sluice::tools
