#include "actors/role_on_disk.hpp"

#include "persistence/node_state.hpp"

namespace sluice::actors {

directory_role role_on_disk(persistence::vfs& disk, const std::filesystem::path& directory) {
  std::string warning;
  auto state = persistence::read_node_state(disk, directory, warning);
  if (!state || !*state)
    return {};
  const auto& known = **state;
  auto is_primary = known.role == persistence::node_role::primary;
  return {is_primary && known.history.size() > 1 && known.history.back().node == known.node,
          !is_primary && known.is_deposed, known.nodes};
}

} // namespace sluice::actors
