#include "persistence/diverged_tails.hpp"

#include "persistence/inspect.hpp"
#include "persistence/spool_reader.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace sluice::persistence {

namespace {

/// `7` is the first of its term.
struct tail_number {
  std::uint64_t term = 0;
  std::uint64_t count = 1;
};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size())
    return std::nullopt;
  return number;
}

std::string name_of(const tail_number& x) {
  auto name = std::to_string(x.term);
  return x.count == 1 ? name : name + "." + std::to_string(x.count);
}

std::optional<tail_number> parse_name(std::string_view name) {
  auto dot = name.find('.');
  auto term = parse_number(name.substr(0, dot));
  auto count = dot == std::string_view::npos ? std::optional<std::uint64_t>{1}
                                             : parse_number(name.substr(dot + 1));
  if (!term || !count || name_of({*term, *count}) != name)
    return std::nullopt;
  return tail_number{*term, *count};
}

caf::expected<std::vector<tail_number>> tails_in(vfs& disk,
                                                 const std::filesystem::path& directory) {
  std::vector<tail_number> tails;
  auto folder = diverged_folder(directory);
  auto is_there = disk.exists(folder);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return tails;
  auto names = disk.list(folder);
  if (!names)
    return names.error();
  for (const auto& name : *names)
    if (auto number = parse_name(name))
      tails.push_back(*number);
  std::sort(tails.begin(), tails.end(), [](const tail_number& a, const tail_number& b) {
    return std::tie(a.term, a.count) < std::tie(b.term, b.count);
  });
  return tails;
}

caf::expected<diverged_tail> look_at(vfs& disk, const std::filesystem::path& folder,
                                     const tail_number& number) {
  diverged_tail tail;
  tail.name = name_of(number);
  tail.term = term{number.term};
  auto segments = list_segments(disk, folder / tail.name);
  if (!segments)
    return segments.error();
  for (const auto& segment : *segments)
    tail.bytes += segment.file_bytes;
  auto extent = find_extent(disk, folder / tail.name);
  if (!extent)
    return extent.error();
  tail.first = extent->oldest;
  tail.last = extent->last;
  if (tail.last == no_lsn)
    return tail;
  tail.fork = previous(tail.first);
  tail.records = distance(tail.fork, tail.last);
  auto reader = spool_reader::open(disk, folder / tail.name);
  if (!reader)
    return reader.error();
  auto at_fork = (*reader)->digest_at(tail.fork, tail.last);
  if (!at_fork)
    return at_fork.error();
  tail.at_fork = at_fork->value_or(digest{});
  return tail;
}

} // namespace

std::filesystem::path diverged_folder(const std::filesystem::path& directory) {
  return directory / "diverged";
}

std::optional<term> term_of_tail(std::string_view name) {
  auto number = parse_name(name);
  return number ? std::optional{term{number->term}} : std::nullopt;
}

caf::expected<std::string> unused_tail_name(vfs& disk, const std::filesystem::path& directory,
                                            term last_term) {
  auto tails = tails_in(disk, directory);
  if (!tails)
    return tails.error();
  tail_number number{last_term.value};
  for (const auto& tail : *tails)
    if (tail.term == number.term)
      number.count = std::max(number.count, tail.count + 1);
  return name_of(number);
}

caf::expected<std::vector<diverged_tail>>
list_diverged_tails(vfs& disk, const std::filesystem::path& directory) {
  auto is_there = disk.exists(directory);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return make_error(errc::not_found, directory.string() + ": there is no such directory");
  auto numbers = tails_in(disk, directory);
  if (!numbers)
    return numbers.error();
  std::vector<diverged_tail> tails;
  for (const auto& number : *numbers) {
    auto tail = look_at(disk, diverged_folder(directory), number);
    if (!tail)
      return tail.error();
    tails.push_back(std::move(*tail));
  }
  return tails;
}

} // namespace sluice::persistence
