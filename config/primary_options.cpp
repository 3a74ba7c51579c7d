#include "config/primary_options.hpp"

#include "config/node_reading.hpp"

namespace sluice::config {

std::vector<config_error> validate(const primary_options& options) {
  auto errors = validate_node(options.node);
  const auto& members = options.members;
  // Without a name, or without members, the directory may know better: it is asked at open.
  const auto& name = options.node.name;
  if (!members.empty() && !name.empty() && !members.contains(name))
    errors.push_back({"members", "", "this node, " + name + ", must be one of them"});
  if (!members.empty() && members.size() - 1 > options.node.slots_max)
    errors.push_back({"members", "", "are more than max-slots allows to join"});
  if (!options.archive.empty())
    errors.push_back({"archive", "", "not supported yet"});
  return errors;
}

std::variant<primary_options, std::vector<config_error>>
primary_options_of(const load_result& loaded) {
  const auto& values = loaded.values;
  primary_options options;
  options.node = read_node_options(values);
  if (auto members = replication::parse_members(text_or_empty(values, "members")))
    options.members = *members;
  options.archive = text_or_empty(values, "archive");
  auto errors = all_errors(loaded, with_sources(validate(options), values));
  if (!errors.empty())
    return errors;
  return options;
}

} // namespace sluice::config
