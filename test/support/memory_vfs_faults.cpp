#include "test/support/memory_vfs.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::test {

namespace {

constexpr std::size_t sector_bytes = 512;

} // namespace

void memory_vfs::apply_to(std::string& content, const unsynced_change& change) {
  if (change.size) {
    content.resize(static_cast<std::size_t>(*change.size), '\0');
    return;
  }
  auto end = static_cast<std::size_t>(change.offset) + change.bytes.size();
  if (content.size() < end)
    content.resize(end, '\0');
  if (!change.bytes.empty())
    std::memcpy(content.data() + change.offset, change.bytes.data(), change.bytes.size());
}

void memory_vfs::apply(const directory_change& change) {
  if (change.from.empty()) {
    durable_files_[change.to] = change.node;
    return;
  }
  // What is renamed or removed has to be there: the creation may be what was lost.
  auto found = durable_files_.find(change.from);
  if (found == durable_files_.end() || found->second != change.node)
    return;
  durable_files_.erase(found);
  if (!change.to.empty())
    durable_files_[change.to] = change.node;
}

void memory_vfs::survive(inode& node) {
  enum { none, all, whole_writes, sectors, modes };
  auto mode = random_() % modes;
  for (const auto& change : node.unsynced) {
    auto is_kept = mode == all || (mode != none && random_() % 2 == 0);
    if (mode != sectors || change.size) {
      if (is_kept)
        apply_to(node.durable, change);
      continue;
    }
    for (std::size_t at = 0; at < change.bytes.size();) {
      auto in_sector = static_cast<std::size_t>((change.offset + at) % sector_bytes);
      auto bytes = std::min(sector_bytes - in_sector, change.bytes.size() - at);
      if (random_() % 2 == 0)
        apply_to(node.durable, {change.offset + at, change.bytes.substr(at, bytes), std::nullopt});
      at += bytes;
    }
  }
}

void memory_vfs::restart(bool loses_all) {
  for (const auto& change : directory_changes_)
    if (!loses_all && random_() % 2 == 0)
      apply(change);
  directory_changes_.clear();
  // In the order of their names: where they are in memory is no part of the seed.
  std::set<inode*> seen;
  for (const auto& [name, node] : durable_files_) {
    if (!seen.insert(node.get()).second)
      continue;
    if (!loses_all)
      survive(*node);
    node->unsynced.clear();
    node->content = node->durable;
  }
  files_ = durable_files_;
  // A removed directory whose files come back has not gone.
  for (const auto& [name, node] : files_)
    directories_.insert(std::filesystem::path{name}.parent_path().string());
  locked_.clear();
  ++boot_;
  is_power_off_ = false;
  power_off_at_.reset();
}

void memory_vfs::cut_power() {
  std::lock_guard guard{mutex_};
  restart(false);
}

void memory_vfs::cut_power_losing_all() {
  std::lock_guard guard{mutex_};
  restart(true);
}

void memory_vfs::add_fault(vfs_fault fault) {
  std::lock_guard guard{mutex_};
  fault.nth += calls_[fault.call];
  faults_.push_back(fault);
}

void memory_vfs::clear_faults() {
  std::lock_guard guard{mutex_};
  faults_.clear();
}

std::uint64_t memory_vfs::faults_hit() const {
  std::lock_guard guard{mutex_};
  return faults_hit_;
}

void memory_vfs::power_off_at(std::uint64_t nth_change) {
  std::lock_guard guard{mutex_};
  power_off_at_ = changes_ + nth_change;
}

bool memory_vfs::is_power_off() const {
  std::lock_guard guard{mutex_};
  return is_power_off_;
}

std::uint64_t memory_vfs::changes() const {
  std::lock_guard guard{mutex_};
  return changes_;
}

void memory_vfs::set_capacity(std::uint64_t bytes) {
  std::lock_guard guard{mutex_};
  capacity_ = bytes;
}

std::vector<std::filesystem::path> memory_vfs::files() const {
  std::lock_guard guard{mutex_};
  std::vector<std::filesystem::path> paths;
  for (const auto& [name, node] : files_)
    paths.emplace_back(name);
  return paths;
}

std::string memory_vfs::content(const std::filesystem::path& path) const {
  std::lock_guard guard{mutex_};
  return files_.at(path.lexically_normal().string())->content;
}

void memory_vfs::set_content(const std::filesystem::path& path, std::string bytes) {
  std::lock_guard guard{mutex_};
  auto name = path.lexically_normal().string();
  auto& node = files_[name];
  if (!node)
    node = std::make_shared<inode>();
  node->content = bytes;
  node->durable = std::move(bytes);
  node->unsynced.clear();
  durable_files_[name] = node;
}

void memory_vfs::erase(const std::filesystem::path& path) {
  std::lock_guard guard{mutex_};
  files_.erase(path.lexically_normal().string());
  durable_files_.erase(path.lexically_normal().string());
}

} // namespace sluice::test
