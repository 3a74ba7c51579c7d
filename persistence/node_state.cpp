#include "persistence/node_state.hpp"

#include "persistence/file_window.hpp"
#include "persistence/node_state_codec.hpp"

#include <array>
#include <utility>

namespace sluice::persistence {

namespace {

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

struct read_state {
  /// The copy that counts; none when there is neither.
  std::optional<node_state_copy> good;
  /// The file of the other one.
  std::filesystem::path other_name;
  /// What is wrong with the other one; empty when it is the same.
  std::string why_mended;
};

caf::expected<read_state> read_copies(vfs& disk, const std::filesystem::path& directory) {
  std::array<loaded_copy, node_state_names.size()> copies;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    auto loaded = load_copy(disk, directory / node_state_names[i]);
    if (!loaded)
      return loaded.error();
    copies[i] = std::move(*loaded);
  }
  auto& [a, b] = copies;
  if (!a.content && !b.content) {
    if (a.damage.empty() && b.damage.empty())
      return read_state{};
    return make_error(errc::corruption, "node_state: no copy can be used: " + a.damage
                                            + (a.damage.empty() || b.damage.empty() ? "" : "; ")
                                            + b.damage);
  }
  auto is_a_newer = a.content && (!b.content || a.content->generation >= b.content->generation);
  auto& good = is_a_newer ? a : b;
  const auto& other = is_a_newer ? b : a;
  read_state state;
  state.other_name = node_state_names[is_a_newer ? 1 : 0];
  auto path = (directory / state.other_name).string();
  if (other.content != good.content)
    state.why_mended = !other.damage.empty() ? other.damage
                       : other.content       ? path + ": older than the other copy"
                                             : path + ": missing";
  state.good = std::move(good.content);
  return state;
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

caf::expected<std::optional<node_state>>
read_node_state(vfs& disk, const std::filesystem::path& directory, std::string& warning) {
  auto read = read_copies(disk, directory);
  if (!read)
    return read.error();
  warning = std::move(read->why_mended);
  return read->good ? std::optional{std::move(read->good->state)} : std::nullopt;
}

caf::expected<std::optional<node_state>> node_state_store::load(std::string& warning) {
  auto read = read_copies(disk_, directory_);
  if (!read)
    return read.error();
  if (!read->good)
    return std::optional<node_state>{};
  if (!read->why_mended.empty())
    if (auto err = write_file(disk_, directory_ / read->other_name, encode(*read->good)))
      return err;
  warning = std::move(read->why_mended);
  generation_ = read->good->generation;
  last_stored_ = std::move(read->good->state);
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
  for (const auto* name : node_state_names)
    if (auto err = write_file(disk_, directory_ / name, bytes))
      return err;
  last_stored_ = state;
  return {};
}

} // namespace sluice::persistence
