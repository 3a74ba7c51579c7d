#include "config/primary_options.hpp"

#include "config/node_reading.hpp"

namespace sluice::config {

namespace {

/// What a primary is called when nobody says otherwise; a replica must be named.
constexpr const char* default_name = "primary";

} // namespace

std::vector<config_error> validate(const primary_options& options) {
  auto errors = validate_node(options.node);
  const auto& members = options.members;
  auto is_quorum = std::holds_alternative<policy_quorum>(options.node.policy);
  if (is_quorum && members.empty())
    errors.push_back({"policy", "", "quorum needs members"});
  if (!members.empty() && !members.contains(options.node.name))
    errors.push_back({"members", "", "this node, " + options.node.name + ", must be one of them"});
  if (!members.empty() && members.size() - 1 > options.node.slots_max)
    errors.push_back({"members", "", "are more than max-slots allows to join"});
  if (!options.archive.empty())
    errors.push_back({"archive", "", "not supported yet"});
  return errors;
}

std::variant<primary_options, std::vector<config_error>>
primary_options_of(const resolved_options& values) {
  primary_options options;
  options.node = read_node_options(values);
  if (options.node.name.empty())
    options.node.name = default_name;
  if (auto members = replication::parse_members(text_or_empty(values, "members")))
    options.members = *members;
  options.archive = text_or_empty(values, "archive");
  auto errors = validate(options);
  if (!errors.empty())
    return with_sources(std::move(errors), values);
  return options;
}

} // namespace sluice::config
