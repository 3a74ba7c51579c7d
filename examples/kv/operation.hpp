#pragma once

#include <caf/expected.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace kv {

struct put {
  std::string key;
  std::string value;
  friend bool operator==(const put&, const put&) = default;
};

struct del {
  std::string key;
  friend bool operator==(const del&, const del&) = default;
};

using operation = std::variant<put, del>;

/// The record that carries the operation.
std::string encode(const operation& x);

/// The operation that a record carries; none when the record is not one of this store.
/// @returns `errc::unknown_version` when it is one that this version does not understand:
///   passing over it would make this state differ from that of others
caf::expected<std::optional<operation>> decode(std::string_view record);

} // namespace kv
