#pragma once

#include <sluice/commit_policy.hpp>
#include <sluice/payload.hpp>
#include <sluice/types.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

/// Makes retries harmless: the node remembers the LSN that a sequence of a producer got,
/// across restarts and promotions, and answers a retry with it (as Kafka's idempotent
/// producer does for a batch).
struct producer_stamp {
  /// A valid name (`is_valid_name`).
  std::string producer;
  producer_sequence sequence;
  friend auto operator<=>(const producer_stamp&, const producer_stamp&) = default;
};

/// How one append is to be made. The defaults are the node's.
struct append_options {
  /// Must imply the node's default policy; none means the default policy.
  std::optional<commit_policy> policy;
  /// How long to wait for the policy; finite, > 0.
  std::chrono::milliseconds timeout{5000};
  /// The LSN that the first record must get. When a record with the same bytes stands
  /// there already, the append joins its wait.
  std::optional<lsn> expected_lsn;
  std::optional<producer_stamp> producer;
};

/// What one append may hold; a node with small segments takes half a segment at most.
struct append_limits {
  /// Of payload: it stands in one batch, which every node holds in memory several times over.
  std::uint64_t bytes_max = 20ull * 1024 * 1024;
  std::uint64_t records_max = 100'000;
};

/// One append: its records stand in one batch, all or none.
struct append {
  std::vector<payload> records;
  append_options options;
};

} // namespace sluice
