#include "test/fuzz/targets.hpp"

#include "config/endpoint.hpp"
#include "config/source.hpp"
#include "config/units.hpp"

#include <sluice/commit_policy.hpp>

#include <string_view>

namespace sluice::test {

namespace {

std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

} // namespace

int fuzz_policy(const std::uint8_t* data, std::size_t size) {
  auto policy = parse_policy(text_of(data, size));
  if (!policy)
    return 0;
  auto again = parse_policy(to_string(*policy));
  require(again && *again == *policy, "a policy reads back");
  return 1;
}

int fuzz_units(const std::uint8_t* data, std::size_t size) {
  using namespace config;
  auto text = text_of(data, size);
  auto duration = parse_duration(text);
  if (duration) {
    require(duration->count() >= 0, "no duration is negative");
    auto again = parse_duration(format_duration(*duration));
    require(again && *again == *duration, "a duration reads back");
  }
  auto bytes = parse_size(text);
  if (bytes) {
    auto again = parse_size(format_size(*bytes));
    require(again && *again == *bytes, "a size reads back");
  }
  auto count = parse_count(text);
  if (count)
    require(parse_count(std::to_string(*count)) == *count, "a count reads back");
  return duration || bytes || count ? 1 : 0;
}

int fuzz_endpoints(const std::uint8_t* data, std::size_t size) {
  using namespace config;
  auto endpoints = parse_endpoints(text_of(data, size));
  if (!endpoints)
    return 0;
  require(!endpoints->empty(), "there is one endpoint at least");
  for (const auto& one : *endpoints) {
    auto again = parse_endpoint(to_string(one));
    require(again && *again == one, "an endpoint reads back");
    static_cast<void>(is_loopback(one));
  }
  return 1;
}

int fuzz_config_file(const std::uint8_t* data, std::size_t size) {
  using namespace config;
  config_sources sources;
  sources.file = config_file{"sluice.ini", std::string{text_of(data, size)}};
  auto loaded = load(command_kind::primary, sources);
  for (const auto& [name, value] : loaded.values) {
    const auto* key = find_key(name);
    require(key != nullptr && !check_value(*key, value.text), "a value that was taken is good");
  }
  for (const auto& error : loaded.errors)
    require(!error.reason.empty(), "a refusal has a reason");
  if (!loaded.errors.empty())
    return 0;
  return 1;
}

} // namespace sluice::test
