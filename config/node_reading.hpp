#pragma once

#include "config/node_options.hpp"
#include "config/source.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

/// The text of a key; empty when it is absent.
std::string text_or_empty(const resolved_options& values, std::string_view key);

/// The part that primaries and replicas share.
node_options read_node_options(const resolved_options& values);

/// Everything that is wrong with that part.
std::vector<config_error> validate_node(const node_options& node);

/// Fills in where each wrong value came from.
std::vector<config_error> with_sources(std::vector<config_error> errors,
                                       const resolved_options& values);

} // namespace sluice::config
