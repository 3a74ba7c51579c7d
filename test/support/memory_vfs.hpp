#pragma once

#include "persistence/vfs.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace sluice::test {

/// The calls that a fault can be put on.
enum class vfs_call {
  open,
  read,
  write,
  sync_data,
  truncate,
  allocate,
  rename,
  remove,
  sync_directory,
  lock
};

/// The n-th call of a kind fails, or every one from the n-th on.
struct vfs_fault {
  vfs_call call = vfs_call::sync_data;
  /// From 1.
  std::uint64_t nth = 1;
  errc code = errc::io_error;
  bool is_sticky = false;
};

/// A file system in memory that keeps what was written apart from what is durable, and
/// can lose everything that the real one may lose.
///
/// A power cut keeps, by seed, any subset of the unsynced writes, torn at 512 bytes, and
/// any subset of the unsynced directory operations, in their order. A failed sync_data
/// behaves as Linux does: some of the bytes reach the disk, the rest count as clean, are
/// still read back, and no later sync writes them.
class memory_vfs final : public persistence::vfs {
public:
  explicit memory_vfs(std::uint64_t seed = 1);
  ~memory_vfs() override;

  caf::expected<std::unique_ptr<persistence::file>> open(const std::filesystem::path& path,
                                                         persistence::open_mode mode) override;
  caf::expected<bool> exists(const std::filesystem::path& path) override;
  caf::expected<std::vector<std::string>> list(const std::filesystem::path& directory) override;
  caf::error create_directories(const std::filesystem::path& directory) override;
  caf::error rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  bool link(const std::filesystem::path& from, const std::filesystem::path& to) override;
  caf::expected<bool> has_other_name(const std::filesystem::path& path) override;
  caf::error remove(const std::filesystem::path& path) override;
  caf::error remove_directory(const std::filesystem::path& path) override;
  caf::error sync_directory(const std::filesystem::path& directory) override;
  caf::expected<std::uint64_t> free_bytes(const std::filesystem::path& directory) override;
  caf::expected<std::unique_ptr<persistence::directory_lock>>
  lock(const std::filesystem::path& directory) override;

  void add_fault(vfs_fault fault);
  void clear_faults();
  /// How often a fault hit.
  std::uint64_t faults_hit() const;

  /// The n-th changing call from now on is the last that has any effect, and a partial one;
  /// it and all later ones fail. Until `cut_power`.
  void power_off_at(std::uint64_t nth_change);
  bool is_power_off() const;
  /// Changing calls so far: writes, syncs, directory operations.
  std::uint64_t changes() const;
  /// Power is lost and comes back: what was not durable may be gone. Open files are dead.
  void cut_power();
  /// Every unsynced change is gone, the most that a power cut may take.
  void cut_power_losing_all();

  /// All files together; `errc::no_space` beyond it.
  void set_capacity(std::uint64_t bytes);

  /// Files by path, behind the back of whoever has them open; durable at once.
  std::vector<std::filesystem::path> files() const;
  std::string content(const std::filesystem::path& path) const;
  void set_content(const std::filesystem::path& path, std::string bytes);
  void erase(const std::filesystem::path& path);

private:
  /// A write, or a change of size.
  struct unsynced_change {
    std::uint64_t offset = 0;
    std::string bytes;
    std::optional<std::uint64_t> size;
  };
  struct inode {
    /// What is read.
    std::string content;
    std::string durable;
    std::vector<unsynced_change> unsynced;
  };
  struct directory_change {
    /// Empty for a creation.
    std::string from;
    /// Empty for a removal.
    std::string to;
    std::shared_ptr<inode> node;
  };
  class open_file;
  class held_lock;

  caf::error begin(vfs_call call, const std::filesystem::path& path);
  bool count_change();
  std::uint64_t used_bytes() const;
  static void apply_to(std::string& content, const unsynced_change& change);
  void apply(const directory_change& change);
  /// Lets some of what is unsynced reach the disk.
  void survive(inode& node);
  void restart(bool loses_all);

  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  std::set<std::string> directories_;
  std::map<std::string, std::shared_ptr<inode>> files_;
  std::map<std::string, std::shared_ptr<inode>> durable_files_;
  std::vector<directory_change> directory_changes_;
  std::set<std::string> locked_;
  std::vector<vfs_fault> faults_;
  std::map<vfs_call, std::uint64_t> calls_;
  std::uint64_t faults_hit_ = 0;
  std::uint64_t changes_ = 0;
  std::optional<std::uint64_t> power_off_at_;
  bool is_power_off_ = false;
  std::uint64_t boot_ = 1;
  std::uint64_t capacity_ = UINT64_MAX;
};

} // namespace sluice::test
