#include "persistence/segment_name.hpp"

#include <algorithm>
#include <charconv>

namespace sluice::persistence {

namespace {

constexpr std::size_t lsn_digits = 20;
constexpr std::size_t generation_digits = 8;
constexpr std::size_t stem_length = lsn_digits + 1 + generation_digits;
constexpr std::string_view segment_suffix = ".seg";
constexpr std::string_view index_suffix = ".idx";
constexpr std::string_view recycled_prefix = "recycled-";
constexpr std::string_view discarded_prefix = "discarded-";
constexpr std::string_view prepared_prefix = "prepared-";
constexpr std::string_view unfinished_suffix = ".tmp";

std::string zero_filled(std::uint64_t number, std::size_t digits) {
  auto text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

std::string stem(segment_name name) {
  return zero_filled(name.first.value, lsn_digits) + "-"
         + zero_filled(name.generation, generation_digits);
}

template <class Number>
bool parse_digits(std::string_view text, Number& into) {
  auto is_digit = [](char x) { return x >= '0' && x <= '9'; };
  if (!std::all_of(text.begin(), text.end(), is_digit))
    return false;
  auto result = std::from_chars(text.data(), text.data() + text.size(), into);
  return result.ec == std::errc{} && result.ptr == text.data() + text.size();
}

std::optional<segment_name> parse(std::string_view file_name, std::string_view suffix) {
  if (file_name.size() != stem_length + suffix.size() || !file_name.ends_with(suffix)
      || file_name[lsn_digits] != '-')
    return std::nullopt;
  segment_name name;
  if (!parse_digits(file_name.substr(0, lsn_digits), name.first.value)
      || !parse_digits(file_name.substr(lsn_digits + 1, generation_digits), name.generation))
    return std::nullopt;
  return name;
}

void set_superseded_apart(log_files& files) {
  std::sort(files.segments.begin(), files.segments.end());
  std::vector<segment_name> kept;
  // A new generation holds everything from its first LSN on, so it replaces whatever an
  // older one has at or after it. The order is by LSN, then generation.
  auto generation = std::uint32_t{0};
  for (auto name = files.segments.begin(); name != files.segments.end(); ++name) {
    auto after = std::next(name);
    auto is_replaced = name->generation < generation
                       || (after != files.segments.end() && after->first == name->first);
    (is_replaced ? files.superseded : kept).push_back(*name);
    if (!is_replaced)
      generation = name->generation;
  }
  files.segments = std::move(kept);
}

} // namespace

std::string segment_file_name(segment_name name) {
  return stem(name) + std::string{segment_suffix};
}

std::string index_file_name(segment_name name) {
  return stem(name) + std::string{index_suffix};
}

std::string recycled_file_name(segment_name name) {
  return std::string{recycled_prefix} + stem(name);
}

std::string discarded_file_name(segment_name name) {
  return std::string{discarded_prefix} + stem(name);
}

std::string prepared_file_name(std::uint32_t number) {
  return std::string{prepared_prefix} + zero_filled(number, generation_digits);
}

std::string unfinished_file_name(std::string_view name) {
  return std::string{name} + std::string{unfinished_suffix};
}

std::optional<segment_name> parse_segment_file_name(std::string_view file_name) {
  return parse(file_name, segment_suffix);
}

std::optional<segment_name> parse_index_file_name(std::string_view file_name) {
  return parse(file_name, index_suffix);
}

std::optional<std::size_t> first_kept(const std::vector<segment_name>& segments, lsn oldest) {
  auto first_above = std::find_if(segments.begin(), segments.end(),
                                  [&](segment_name name) { return name.first > oldest; });
  if (first_above == segments.begin())
    return std::nullopt;
  return static_cast<std::size_t>(first_above - segments.begin()) - 1;
}

log_files classify(const std::vector<std::string>& names) {
  log_files files;
  for (const auto& name : names) {
    if (auto segment = parse_segment_file_name(name))
      files.segments.push_back(*segment);
    else if (auto index = parse_index_file_name(name))
      files.indexes.push_back(*index);
    else if (name.starts_with(discarded_prefix))
      files.discarded.push_back(name);
    else if (name.ends_with(unfinished_suffix)
             && (name.starts_with(prepared_prefix)
                 || parse_index_file_name(name.substr(0, stem_length + index_suffix.size()))))
      files.unfinished.push_back(name);
    else if (name.starts_with(recycled_prefix) || name.starts_with(prepared_prefix))
      files.ready.push_back(name);
  }
  set_superseded_apart(files);
  return files;
}

} // namespace sluice::persistence
