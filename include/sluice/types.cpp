#include <sluice/types.hpp>

#include <algorithm>

namespace sluice {

namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'
         || c == '_' || c == '-';
}

} // namespace

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= max_name_length && name != "." && name != ".."
         && std::all_of(name.begin(), name.end(), is_name_character);
}

} // namespace sluice
