#pragma once

#include <caf/expected.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::replication {

/// A majority of more nodes costs more than it protects from.
inline constexpr std::size_t members_max = 63;

/// The declared voting members by name, the primary one of them: sorted, unique, valid.
/// Empty when none were declared.
class members {
public:
  members() = default;

  /// Takes names in any order.
  /// @returns `errc::invalid_argument` for a bad or repeated name or too many of them
  static caf::expected<members> make(std::vector<std::string> names);

  bool empty() const { return names_.empty(); }
  std::size_t size() const { return names_.size(); }
  bool contains(std::string_view name) const;
  const std::vector<std::string>& names() const { return names_; }

  friend bool operator==(const members&, const members&) = default;

private:
  std::vector<std::string> names_;
};

/// Reads `a,b,c`; an empty text declares none.
/// @returns `errc::invalid_argument` with the reason
caf::expected<members> parse_members(std::string_view text);

/// `a,b,c`
std::string to_string(const members& declared);

/// The fewest of `count` nodes that are more than half; 0 of none.
constexpr std::size_t majority(std::size_t count) {
  return count == 0 ? 0 : count / 2 + 1;
}

} // namespace sluice::replication
