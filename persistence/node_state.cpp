#include "persistence/node_state.hpp"

#include "persistence/copy_pair.hpp"
#include "persistence/node_state_codec.hpp"

#include <utility>

namespace sluice::persistence {

namespace {

caf::expected<copy_pair<node_state_copy>> read_copies(vfs& disk,
                                                      const std::filesystem::path& directory) {
  auto pair = read_copy_pair<node_state_copy>(disk, directory, node_state_names,
                                              node_state_bytes_max, decode_node_state);
  if (pair && !pair->damage.empty())
    return make_error(errc::corruption, "node_state: no copy can be used: " + pair->damage);
  return pair;
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
    : disk_(disk), directory_(std::move(directory)), copies_(disk, directory_, node_state_names) {}

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
  copies_.found_same();
  if (!read->why_mended.empty()) {
    copies_.found_without(read->other);
    if (auto err = copies_.mend(encode(*read->good)))
      return err;
  }
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
  if (auto err = copies_.write(encode(node_state_copy{++generation_, state})))
    return err;
  last_stored_ = state;
  return {};
}

} // namespace sluice::persistence
