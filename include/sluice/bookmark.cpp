#include <sluice/bookmark.hpp>

#include <sluice/errc.hpp>

#include <charconv>
#include <cstdint>
#include <optional>

namespace sluice {

namespace {

/// The number up to `end`, which is cut off `rest` with what stands there.
std::optional<std::uint64_t> take_number(std::string_view& rest, std::string_view end) {
  std::uint64_t value = 0;
  auto [stop, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (failure != std::errc{})
    return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
  if (!rest.starts_with(end) || (end.empty() && !rest.empty()))
    return std::nullopt;
  rest.remove_prefix(end.size());
  return value;
}

} // namespace

std::string to_string(const bookmark& x) {
  return to_string(x.timeline) + ":" + to_string(x.term) + ":" + to_string(x.lsn);
}

caf::expected<bookmark> parse_bookmark(std::string_view text) {
  auto rest = text;
  auto branch = take_number(rest, ":");
  auto generation = branch ? take_number(rest, ":") : std::nullopt;
  auto through = generation ? take_number(rest, "") : std::nullopt;
  if (!through)
    return make_error(errc::invalid_argument,
                      "'" + std::string{text} + "' is no bookmark: TIMELINE:TERM:LSN");
  return bookmark{timeline_id{*branch}, term{*generation}, lsn{*through}};
}

} // namespace sluice
