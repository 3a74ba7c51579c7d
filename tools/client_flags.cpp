#include "tools/client_flags.hpp"

#include "config/defaults.hpp"
#include "config/endpoint.hpp"
#include "config/units.hpp"

namespace sluice::tools {

namespace {

caf::error all_of(const std::vector<config::config_error>& errors) {
  std::string text;
  for (const auto& error : errors)
    text += (text.empty() ? "" : "\nsluice: ") + to_string(error);
  return make_error(errc::invalid_argument, std::move(text));
}

std::vector<config::config_error> wrong_in(const config::resolved_options& values,
                                           const client_settings& settings) {
  std::vector<config::config_error> errors;
  auto refuse = [&](const char* key, std::string reason) {
    errors.push_back({key, values.at(key).source, std::move(reason)});
  };
  if (settings.timeout.count() <= 0)
    refuse("timeout", "must be more than 0");
  if (settings.in_flight < 1 || settings.in_flight > config::defaults::in_flight_appends_max)
    refuse("in-flight",
           "must be between 1 and " + std::to_string(config::defaults::in_flight_appends_max));
  for (const auto* key : {"tls-ca", "tls-cert", "tls-key"})
    if (values.contains(key))
      refuse(key, "TLS is not supported yet; leave it out");
  return errors;
}

} // namespace

client_flags::client_flags(CLI::App& command) : flags_(command, config::command_kind::client) {}

caf::expected<client_settings> client_flags::read() const {
  auto loaded = flags_.load(config::command_kind::client);
  if (const auto* errors = std::get_if<std::vector<config::config_error>>(&loaded))
    return all_of(*errors);
  const auto& values = std::get<config::resolved_options>(loaded);
  client_settings settings;
  settings.timeout = *config::parse_duration(values.at("timeout").text);
  settings.in_flight = static_cast<std::size_t>(*config::parse_count(values.at("in-flight").text));
  auto errors = wrong_in(values, settings);
  if (!errors.empty())
    return all_of(errors);
  return settings;
}

caf::expected<std::vector<node_endpoint>> endpoints_of(const std::string& name,
                                                       const std::string& text) {
  auto parsed = config::parse_endpoints(text);
  if (!parsed)
    return make_error(errc::invalid_argument, name + " " + context_of(parsed.error()));
  std::vector<node_endpoint> result;
  for (const auto& x : *parsed) {
    if (x.port == 0)
      return make_error(errc::invalid_argument,
                        name + " " + to_string(x) + ": nobody listens on port 0");
    result.push_back({x.host, x.port});
  }
  return result;
}

caf::expected<node_endpoint> endpoint_of(const std::string& name, const std::string& text) {
  auto parsed = endpoints_of(name, text);
  if (!parsed)
    return parsed.error();
  if (parsed->size() != 1)
    return make_error(errc::invalid_argument, name + " takes one HOST:PORT");
  return parsed->front();
}

} // namespace sluice::tools
