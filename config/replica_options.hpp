#pragma once

#include "config/node_options.hpp"
#include "config/source.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace sluice::config {

struct replica_options {
  node_options node;
  /// Where the primary may be; never empty.
  std::vector<endpoint> primaries;
  /// Who is asked for a snapshot first.
  std::optional<endpoint> snapshot_from = {};
};

/// Everything that is wrong with the options, by key; the source of each is left empty.
std::vector<config_error> validate(const replica_options& options);

/// The options, or everything that is wrong with them, of all sources.
std::variant<replica_options, std::vector<config_error>>
replica_options_of(const load_result& loaded);

} // namespace sluice::config
