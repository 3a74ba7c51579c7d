#include "tools/client_flags.hpp"

#include "config/defaults.hpp"
#include "config/endpoint.hpp"
#include "config/units.hpp"

namespace sluice::tools {

namespace {

/// Everything that is wrong, a line each.
caf::error all_of(const std::vector<config::config_error>& errors) {
  std::string text;
  for (const auto& error : errors)
    text += (text.empty() ? "" : "\nsluice: ") + to_string(error);
  return make_error(errc::invalid_argument, std::move(text));
}

const char* address_key(config::command_kind kind) {
  if (kind == config::command_kind::append)
    return "to";
  if (kind == config::command_kind::promote)
    return "node";
  return kind == config::command_kind::read ? "from" : "of";
}

/// What is wrong with the values, each of which could be read.
class findings {
public:
  explicit findings(const config::resolved_options& values) : values_(values) {}

  void refuse(const std::string& key, std::string reason) {
    auto found = values_.find(key);
    errors_.push_back(
        {key, found == values_.end() ? "not given" : found->second.source, std::move(reason)});
  }

  std::vector<config::config_error> take() && { return std::move(errors_); }

private:
  const config::resolved_options& values_;
  std::vector<config::config_error> errors_;
};

std::string text_of(const config::resolved_options& values, const std::string& key) {
  auto found = values.find(key);
  return found == values.end() ? std::string{} : found->second.text;
}

void read_address(const config::resolved_options& values, const std::string& key, bool is_needed,
                  client_settings& settings, findings& found) {
  auto given = values.find(key);
  if (given == values.end()) {
    if (is_needed)
      found.refuse(key, "an address is needed: --" + key + " HOST:PORT"
                            + (key == "from" ? ", or --data DIR" : ""));
    return;
  }
  settings.is_addressed_here = given->second.source == config::source_command_line;
  if (auto parsed = config::parse_endpoints(given->second.text))
    for (const auto& x : *parsed) {
      settings.nodes.push_back({x.host, x.port});
      if (x.port == 0)
        found.refuse(key, to_string(x) + ": nobody listens on port 0");
    }
}

void read_limits(const config::resolved_options& values, client_settings& settings,
                 findings& found) {
  using config::defaults::in_flight_appends_max;
  if (auto timeout = config::parse_duration(text_of(values, "timeout")))
    settings.timeout = *timeout;
  if (settings.timeout.count() <= 0 || settings.timeout > config::defaults::commit_timeout_max)
    found.refuse("timeout", "must be more than 0 and at most "
                                + config::format_duration(config::defaults::commit_timeout_max));
  if (auto in_flight = config::parse_count(text_of(values, "in-flight")))
    settings.in_flight = static_cast<std::size_t>(*in_flight);
  if (settings.in_flight < 1 || settings.in_flight > in_flight_appends_max)
    found.refuse("in-flight", "must be between 1 and " + std::to_string(in_flight_appends_max));
}

} // namespace

client_flags::client_flags(CLI::App& command, config::command_kind kind)
    : flags_(command, kind), kind_(kind) {}

caf::expected<client_settings> client_flags::read(bool needs_node) const {
  client_settings settings;
  auto errors = read_into(settings, needs_node);
  if (!errors.empty())
    return all_of(errors);
  return settings;
}

std::vector<config::config_error> client_flags::faults(bool needs_node) const {
  client_settings ignored;
  return read_into(ignored, needs_node);
}

std::vector<config::config_error> client_flags::read_into(client_settings& settings,
                                                          bool needs_node) const {
  auto loaded = flags_.load(kind_);
  const auto& values = loaded.values;
  findings found{values};
  read_address(values, address_key(kind_), needs_node, settings, found);
  read_limits(values, settings, found);
  if (auto policy = parse_policy(text_of(values, "policy")))
    settings.policy = *policy;
  settings.follow = text_of(values, "no-follow") != "true";
  for (const auto* key : {"tls-ca", "tls-cert", "tls-key"})
    if (values.contains(key))
      found.refuse(key, "TLS is not supported yet; leave it out");
  return all_errors(loaded, std::move(found).take());
}

} // namespace sluice::tools
