#pragma once

#include "config/node_options.hpp"
#include "config/source.hpp"
#include "replication/members.hpp"

#include <string>
#include <variant>
#include <vector>

namespace sluice::config {

struct primary_options {
  node_options node;
  replication::members members;
  /// Empty for none.
  std::string archive;
};

/// Everything that is wrong with the options, by key; the source of each is left empty.
/// An option that would have no effect yet is wrong, too.
std::vector<config_error> validate(const primary_options& options);

/// The options, or everything that is wrong with them, of all sources.
/// A largest record that nobody asked for shrinks with the segment.
std::variant<primary_options, std::vector<config_error>>
primary_options_of(const load_result& loaded);

} // namespace sluice::config
