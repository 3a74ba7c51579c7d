#include "config/units.hpp"

#include <sluice/errc.hpp>

#include <array>
#include <charconv>
#include <limits>

namespace sluice::config {

namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first: formatting takes the first that divides.
constexpr std::array duration_units{unit{"h", 3'600'000}, unit{"m", 60'000}, unit{"s", 1000},
                                    unit{"ms", 1}};
constexpr std::array size_units{unit{"T", std::uint64_t{1} << 40}, unit{"G", 1 << 30},
                                unit{"M", 1 << 20}, unit{"K", 1 << 10}, unit{"", 1}};

caf::error bad(std::string_view text, std::string_view why) {
  return make_error(errc::invalid_argument, "'" + std::string{text} + "' " + std::string{why});
}

struct split_number {
  std::uint64_t number = 0;
  std::string_view rest;
  std::errc failure{};
};

split_number split(std::string_view text) {
  split_number result;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), result.number);
  result.failure = failure;
  result.rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return result;
}

template <std::size_t N>
caf::expected<std::uint64_t> parse(std::string_view text, const std::array<unit, N>& units,
                                   std::uint64_t most, std::string_view expected) {
  auto parts = split(text);
  if (parts.failure == std::errc::invalid_argument)
    return bad(text, expected);
  for (const auto& x : units) {
    if (parts.rest != x.name)
      continue;
    if (parts.failure != std::errc{} || parts.number > most / x.factor)
      return bad(text, "is too large");
    return parts.number * x.factor;
  }
  return bad(text, expected);
}

template <std::size_t N>
std::string format(std::uint64_t value, const std::array<unit, N>& units) {
  for (const auto& x : units)
    if (value != 0 && value % x.factor == 0)
      return std::to_string(value / x.factor) + std::string{x.name};
  return "0";
}

} // namespace

caf::expected<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0")
    return std::chrono::milliseconds{0};
  constexpr auto most = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds::max())
          .count());
  auto value = parse(text, duration_units, most, "is not a duration such as 500ms, 5s, 2m or 24h");
  if (!value)
    return std::move(value.error());
  return std::chrono::milliseconds{static_cast<std::int64_t>(*value)};
}

std::string format_duration(std::chrono::milliseconds value) {
  return format(static_cast<std::uint64_t>(value.count()), duration_units);
}

caf::expected<std::uint64_t> parse_size(std::string_view text) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return parse(text, size_units, most, "is not a size such as 64K, 16M or 1G");
}

std::string format_size(std::uint64_t bytes) {
  return format(bytes, size_units);
}

caf::expected<std::uint64_t> parse_count(std::string_view text) {
  auto parts = split(text);
  if (parts.failure == std::errc::result_out_of_range)
    return bad(text, "is too large");
  if (parts.failure != std::errc{} || !parts.rest.empty())
    return bad(text, "is not a whole number from 0 on");
  return parts.number;
}

} // namespace sluice::config
