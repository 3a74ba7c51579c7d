#include "replication/members.hpp"

#include <sluice/errc.hpp>
#include <sluice/types.hpp>

#include <algorithm>

namespace sluice::replication {

caf::expected<members> members::make(std::vector<std::string> names) {
  if (names.size() > members_max)
    return make_error(errc::invalid_argument, "members: more than " + std::to_string(members_max));
  for (const auto& name : names)
    if (!is_valid_name(name))
      return make_error(errc::invalid_argument, "members: '" + name + "' is not a node name");
  std::sort(names.begin(), names.end());
  auto repeated = std::adjacent_find(names.begin(), names.end());
  if (repeated != names.end())
    return make_error(errc::invalid_argument, "members: '" + *repeated + "' is named twice");
  members result;
  result.names_ = std::move(names);
  return result;
}

bool members::contains(std::string_view name) const {
  return std::binary_search(names_.begin(), names_.end(), name);
}

caf::expected<members> parse_members(std::string_view text) {
  if (text.empty())
    return members{};
  std::vector<std::string> names;
  while (true) {
    auto comma = text.find(',');
    names.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos)
      return members::make(std::move(names));
    text.remove_prefix(comma + 1);
  }
}

std::string to_string(const members& declared) {
  std::string text;
  for (const auto& name : declared.names()) {
    if (!text.empty())
      text += ',';
    text += name;
  }
  return text;
}

} // namespace sluice::replication
