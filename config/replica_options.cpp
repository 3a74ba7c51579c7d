#include "config/replica_options.hpp"

#include "config/node_reading.hpp"

#include <algorithm>

namespace sluice::config {

std::vector<config_error> validate(const replica_options& options) {
  auto errors = validate_node(options.node);
  if (options.node.name.empty())
    errors.push_back({"name", "", "a name is needed"});
  if (options.primaries.empty())
    errors.push_back({"primary", "", "the address of the primary is needed"});
  for (const auto& x : options.primaries) {
    if (x.port == 0)
      errors.push_back({"primary", "", to_string(x) + ": nobody listens on port 0"});
    if (x == options.node.listen)
      errors.push_back({"primary", "", to_string(x) + " is this node's own address"});
  }
  if (options.snapshot_from && options.snapshot_from->port == 0)
    errors.push_back({"snapshot-from", "", "nobody listens on port 0"});
  if (options.snapshot_from == options.node.listen)
    errors.push_back({"snapshot-from", "", "is this node's own address"});
  return errors;
}

std::variant<replica_options, std::vector<config_error>>
replica_options_of(const load_result& loaded) {
  const auto& values = loaded.values;
  replica_options options;
  options.node = read_node_options(values);
  if (auto primaries = parse_endpoints(text_or_empty(values, "primary")))
    options.primaries = *primaries;
  if (auto text = text_or_empty(values, "snapshot-from"); !text.empty())
    if (auto from = parse_endpoint(text))
      options.snapshot_from = *from;
  auto& listen = options.node.listen;
  auto chosen = values.find("listen");
  auto is_default = chosen == values.end() || chosen->second.source == source_default;
  // Beside its primary on one machine it cannot have the default port, too.
  if (is_default
      && std::find(options.primaries.begin(), options.primaries.end(), listen)
             != options.primaries.end())
    listen.port = 0;
  auto errors = all_errors(loaded, with_sources(validate(options), values));
  if (!errors.empty())
    return errors;
  return options;
}

} // namespace sluice::config
