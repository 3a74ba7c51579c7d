#pragma once

#include <sluice/client.hpp>
#include <sluice/record.hpp>

#include <caf/expected.hpp>

#include <filesystem>
#include <memory>
#include <vector>

namespace sluice::tools {

/// Where records are read from, block by block.
class record_source {
public:
  virtual ~record_source() = default;

  /// The first and the last record that there were when it was opened; `oldest` is behind
  /// `last` in an empty log.
  lsn oldest{1};
  lsn last;

  /// Records of (after, through], oldest first, as many as fit one block; empty when there
  /// are none within `wait`.
  virtual caf::expected<std::vector<record>> read(lsn after, lsn through,
                                                  std::chrono::milliseconds wait) = 0;

  /// Looks again what the first and the last record are.
  virtual caf::error look() = 0;
};

/// The durable records of a node that answers each question `within` so long.
caf::expected<std::unique_ptr<record_source>> records_of_node(caf::actor_system& system,
                                                              const node_endpoint& where,
                                                              std::chrono::milliseconds within);

/// The records that a node would serve if it opened `directory` now; never writes there.
caf::expected<std::unique_ptr<record_source>>
records_of_directory(const std::filesystem::path& directory);

} // namespace sluice::tools
