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

/// The options from values that `load` accepted, or everything that is wrong with them.
/// A largest record that nobody asked for shrinks with the segment.
std::variant<primary_options, std::vector<config_error>>
primary_options_of(const resolved_options& values);

} // namespace sluice::config
