#include "persistence/node_state.hpp"

#include "persistence/file_window.hpp"
#include "persistence/node_state_codec.hpp"

#include <algorithm>
#include <array>

namespace sluice::persistence {

namespace {

constexpr std::array copy_names{"node_state.a", "node_state.b"};

struct loaded_copy {
  std::optional<node_state_copy> content;
  /// Why there is none; empty when the file does not exist.
  std::string damage;
};

caf::expected<loaded_copy> load_copy(vfs& disk, const std::filesystem::path& path) {
  loaded_copy loaded;
  auto is_there = disk.exists(path);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return loaded;
  auto bytes = read_file(disk, path, node_state_bytes_max);
  if (!bytes && code_of(bytes.error()) != errc::corruption)
    return bytes.error();
  auto copy = bytes ? decode_node_state(*bytes) : caf::expected<node_state_copy>{bytes.error()};
  if (copy) {
    loaded.content = std::move(*copy);
    return loaded;
  }
  auto reason = path.string() + ": " + describe(copy.error());
  if (code_of(copy.error()) == errc::unknown_version)
    return make_error(errc::unknown_version, std::move(reason));
  loaded.damage = std::move(reason);
  return loaded;
}

/// Which fact of `next` is older than in `before`; null when none is.
const char* what_goes_back(const node_state& before, const node_state& next) {
  if (next.term < before.term)
    return "term";
  if (next.granted_term < before.granted_term)
    return "granted term";
  if (next.granted_term == before.granted_term && !before.granted_to.empty()
      && next.granted_to != before.granted_to)
    return "grant";
  if (next.incarnation < before.incarnation)
    return "incarnation";
  if (next.members_version < before.members_version)
    return "members version";
  return nullptr;
}

} // namespace

std::string to_string(node_role role) {
  switch (role) {
  case node_role::primary: return "primary";
  case node_role::replica: return "replica";
  }
  return "node_role(" + std::to_string(static_cast<int>(role)) + ")";
}

node_state_store::node_state_store(vfs& disk, std::filesystem::path directory)
    : disk_(disk), directory_(std::move(directory)) {}

caf::expected<std::optional<node_state>> node_state_store::load(std::string& warning) {
  std::array<loaded_copy, copy_names.size()> copies;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    auto loaded = load_copy(disk_, directory_ / copy_names[i]);
    if (!loaded)
      return loaded.error();
    copies[i] = std::move(*loaded);
  }
  const auto& [a, b] = copies;
  if (!a.content && !b.content) {
    if (a.damage.empty() && b.damage.empty())
      return std::optional<node_state>{};
    return make_error(errc::corruption, "node_state: no copy can be used: " + a.damage
                                            + (a.damage.empty() || b.damage.empty() ? "" : "; ")
                                            + b.damage);
  }
  auto is_a_newer = a.content && (!b.content || a.content->generation >= b.content->generation);
  const auto& good = is_a_newer ? a : b;
  const auto& other = is_a_newer ? b : a;
  if (other.content != good.content) {
    auto path = directory_ / copy_names[is_a_newer ? 1 : 0];
    warning = !other.damage.empty() ? other.damage
              : other.content       ? path.string() + ": older than the other copy"
                                    : path.string() + ": missing";
    if (auto err = write_file(disk_, path, encode(*good.content)))
      return err;
  }
  generation_ = good.content->generation;
  last_stored_ = good.content->state;
  return last_stored_;
}

caf::error node_state_store::store(const node_state& state) {
  std::string warning;
  if (!last_stored_)
    if (auto known = load(warning); !known)
      return known.error();
  if (const auto* fact = last_stored_ ? what_goes_back(*last_stored_, state) : nullptr)
    return make_error(errc::invalid_argument,
                      std::string{"node_state: "} + fact + " would go back");
  auto bytes = encode(node_state_copy{++generation_, state});
  // One after the other, so that at any moment one of them is whole.
  for (const auto* name : copy_names)
    if (auto err = write_file(disk_, directory_ / name, bytes))
      return err;
  last_stored_ = state;
  return {};
}

} // namespace sluice::persistence
