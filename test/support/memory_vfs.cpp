#include "test/support/memory_vfs.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::test {

namespace {

std::string key(const std::filesystem::path& path) {
  return path.lexically_normal().string();
}

caf::error failed(const char* what, const std::filesystem::path& path, errc code) {
  return make_error(code, std::string{what} + ": " + path.string());
}

} // namespace

class memory_vfs::open_file final : public persistence::file {
public:
  open_file(memory_vfs& owner, std::shared_ptr<inode> node, std::filesystem::path path,
            bool is_writable)
      : owner_(owner)
      , node_(std::move(node))
      , path_(std::move(path))
      , boot_(owner.boot_)
      , is_writable_(is_writable) {}

  caf::expected<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    std::lock_guard guard{owner_.mutex_};
    if (auto err = begin(vfs_call::read))
      return err;
    if (offset >= node_->content.size())
      return std::size_t{0};
    auto bytes = std::min(into.size(), node_->content.size() - static_cast<std::size_t>(offset));
    std::memcpy(into.data(), node_->content.data() + offset, bytes);
    return bytes;
  }

  caf::error write_at(std::uint64_t offset, std::span<const std::string_view> parts) override {
    std::lock_guard guard{owner_.mutex_};
    std::string bytes;
    for (auto part : parts)
      bytes += part;
    auto is_last = owner_.count_change();
    auto err = begin(vfs_call::write);
    auto growth = offset + bytes.size() > node_->content.size()
                      ? offset + bytes.size() - node_->content.size()
                      : 0;
    if (!err && growth > 0 && owner_.used_bytes() + growth > owner_.capacity_)
      err = failed("write", path_, errc::no_space);
    // A failed write may have written a part.
    if (err && !is_last && boot_ == owner_.boot_ && !owner_.is_power_off_)
      bytes.resize(owner_.random_() % (bytes.size() + 1));
    else if (err && !is_last)
      return err;
    unsynced_change change{offset, std::move(bytes), std::nullopt};
    apply_to(node_->content, change);
    node_->unsynced.push_back(std::move(change));
    return err;
  }

  caf::error sync_data() override {
    std::lock_guard guard{owner_.mutex_};
    owner_.count_change();
    if (auto err = begin(vfs_call::sync_data)) {
      if (boot_ == owner_.boot_ && !owner_.is_power_off_) {
        owner_.survive(*node_);
        node_->unsynced.clear();
      }
      return err;
    }
    for (const auto& change : node_->unsynced)
      apply_to(node_->durable, change);
    node_->unsynced.clear();
    return {};
  }

  caf::error truncate(std::uint64_t size) override { return resize(vfs_call::truncate, size); }

  caf::error allocate(std::uint64_t size) override {
    return resize(vfs_call::allocate, std::max<std::uint64_t>(size, node_->content.size()));
  }

  caf::expected<std::uint64_t> size() override {
    std::lock_guard guard{owner_.mutex_};
    return node_->content.size();
  }

  caf::expected<std::vector<persistence::byte_range>> written_ranges(std::uint64_t from) override {
    std::lock_guard guard{owner_.mutex_};
    if (boot_ != owner_.boot_)
      return failed("file of a machine that lost power", path_, errc::io_error);
    constexpr std::uint64_t sector_bytes = 512;
    const auto& content = node_->content;
    std::vector<persistence::byte_range> ranges;
    for (auto at = from; at < content.size();) {
      auto end = std::min<std::uint64_t>((at / sector_bytes + 1) * sector_bytes, content.size());
      auto is_zero = std::all_of(content.begin() + static_cast<std::ptrdiff_t>(at),
                                 content.begin() + static_cast<std::ptrdiff_t>(end),
                                 [](char x) { return x == 0; });
      if (!is_zero)
        ranges.push_back({at, end});
      at = end;
    }
    return ranges;
  }

private:
  caf::error begin(vfs_call call) {
    if (boot_ != owner_.boot_)
      return failed("file of a machine that lost power", path_, errc::io_error);
    if (!is_writable_ && call != vfs_call::read)
      return failed("not open for writing", path_, errc::io_error);
    return owner_.begin(call, path_);
  }

  caf::error resize(vfs_call call, std::uint64_t size) {
    std::lock_guard guard{owner_.mutex_};
    auto is_last = owner_.count_change();
    if (auto err = begin(call); err && !is_last)
      return err;
    auto before = node_->content.size();
    if (size > before && owner_.used_bytes() + (size - before) > owner_.capacity_)
      return failed("allocate", path_, errc::no_space);
    unsynced_change change{0, {}, size};
    apply_to(node_->content, change);
    node_->unsynced.push_back(std::move(change));
    return is_last ? failed("power is off", path_, errc::io_error) : caf::error{};
  }

  memory_vfs& owner_;
  std::shared_ptr<inode> node_;
  std::filesystem::path path_;
  std::uint64_t boot_;
  bool is_writable_;
};

class memory_vfs::held_lock final : public persistence::directory_lock {
public:
  held_lock(memory_vfs& owner, std::string name)
      : owner_(owner), name_(std::move(name)), boot_(owner.boot_) {}
  ~held_lock() override {
    std::lock_guard guard{owner_.mutex_};
    if (boot_ == owner_.boot_)
      owner_.locked_.erase(name_);
  }

private:
  memory_vfs& owner_;
  std::string name_;
  std::uint64_t boot_;
};

memory_vfs::memory_vfs(std::uint64_t seed) : random_(seed) {}

memory_vfs::~memory_vfs() = default;

caf::error memory_vfs::begin(vfs_call call, const std::filesystem::path& path) {
  if (is_power_off_)
    return failed("power is off", path, errc::io_error);
  auto count = ++calls_[call];
  for (const auto& fault : faults_)
    if (fault.call == call && (fault.nth == count || (fault.is_sticky && fault.nth < count))) {
      ++faults_hit_;
      return failed("injected fault", path, fault.code);
    }
  return {};
}

/// Whether this is the change in the middle of which power goes.
bool memory_vfs::count_change() {
  if (is_power_off_)
    return false;
  ++changes_;
  if (power_off_at_ && changes_ >= *power_off_at_)
    is_power_off_ = true;
  return is_power_off_;
}

std::uint64_t memory_vfs::used_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [name, node] : files_)
    bytes += node->content.size();
  return bytes;
}

caf::expected<std::unique_ptr<persistence::file>>
memory_vfs::open(const std::filesystem::path& path, persistence::open_mode mode) {
  std::lock_guard guard{mutex_};
  auto name = key(path);
  auto found = files_.find(name);
  auto is_created = mode == persistence::open_mode::create_exclusive;
  if (is_created) {
    auto is_last = count_change();
    if (auto err = begin(vfs_call::open, path); err && !is_last)
      return err;
    if (found != files_.end() || !directories_.contains(key(path.parent_path())))
      return failed("open: exists, or no such directory", path, errc::io_error);
    found = files_.emplace(name, std::make_shared<inode>()).first;
    directory_changes_.push_back({{}, name, found->second});
    if (is_last)
      return failed("power is off", path, errc::io_error);
  } else {
    if (auto err = begin(vfs_call::open, path))
      return err;
    if (found == files_.end())
      return failed("open: no such file", path, errc::io_error);
  }
  return std::unique_ptr<persistence::file>{std::make_unique<open_file>(
      *this, found->second, path, mode != persistence::open_mode::read)};
}

caf::expected<bool> memory_vfs::exists(const std::filesystem::path& path) {
  std::lock_guard guard{mutex_};
  return files_.contains(key(path)) || directories_.contains(key(path));
}

caf::expected<std::vector<std::string>> memory_vfs::list(const std::filesystem::path& directory) {
  std::lock_guard guard{mutex_};
  if (!directories_.contains(key(directory)))
    return failed("list: no such directory", directory, errc::io_error);
  std::vector<std::string> names;
  auto add = [&](const std::string& name) {
    std::filesystem::path path{name};
    if (key(path.parent_path()) == key(directory) && name != key(directory))
      names.push_back(path.filename().string());
  };
  for (const auto& [name, node] : files_)
    add(name);
  for (const auto& name : directories_)
    add(name);
  std::sort(names.begin(), names.end());
  return names;
}

caf::error memory_vfs::create_directories(const std::filesystem::path& directory) {
  std::lock_guard guard{mutex_};
  if (is_power_off_)
    return failed("power is off", directory, errc::io_error);
  for (auto path = directory.lexically_normal(); !path.empty(); path = path.parent_path()) {
    directories_.insert(key(path));
    if (path == path.parent_path())
      break;
  }
  return {};
}

caf::error memory_vfs::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::lock_guard guard{mutex_};
  auto is_last = count_change();
  if (auto err = begin(vfs_call::rename, from); err && !is_last)
    return err;
  auto found = files_.find(key(from));
  if (found == files_.end())
    return failed("rename: no such file", from, errc::io_error);
  auto node = found->second;
  files_.erase(found);
  files_[key(to)] = node;
  directory_changes_.push_back({key(from), key(to), node});
  return is_last ? failed("power is off", from, errc::io_error) : caf::error{};
}

bool memory_vfs::link(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::lock_guard guard{mutex_};
  auto found = files_.find(key(from));
  if (is_power_off_ || found == files_.end() || !files_.try_emplace(key(to), found->second).second)
    return false;
  directory_changes_.push_back({{}, key(to), found->second});
  return true;
}

caf::expected<bool> memory_vfs::has_other_name(const std::filesystem::path& path) {
  std::lock_guard guard{mutex_};
  auto found = files_.find(key(path));
  if (found == files_.end())
    return failed("stat: no such file", path, errc::io_error);
  return std::count_if(files_.begin(), files_.end(),
                       [&](const auto& each) { return each.second == found->second; })
         > 1;
}

caf::error memory_vfs::remove(const std::filesystem::path& path) {
  std::lock_guard guard{mutex_};
  auto is_last = count_change();
  if (auto err = begin(vfs_call::remove, path); err && !is_last)
    return err;
  auto found = files_.find(key(path));
  if (found == files_.end())
    return failed("remove: no such file", path, errc::io_error);
  directory_changes_.push_back({key(path), {}, found->second});
  files_.erase(found);
  return is_last ? failed("power is off", path, errc::io_error) : caf::error{};
}

/// At once durable, as a directory is from its creation.
caf::error memory_vfs::remove_directory(const std::filesystem::path& path) {
  auto names = list(path);
  if (!names)
    return names.error();
  std::lock_guard guard{mutex_};
  if (is_power_off_)
    return failed("power is off", path, errc::io_error);
  if (!names->empty())
    return failed("rmdir: not empty", path, errc::io_error);
  directories_.erase(key(path));
  return {};
}

caf::error memory_vfs::sync_directory(const std::filesystem::path& directory) {
  std::lock_guard guard{mutex_};
  count_change();
  if (auto err = begin(vfs_call::sync_directory, directory))
    return err;
  auto is_in_it = [&](const directory_change& change) {
    std::filesystem::path path{change.to.empty() ? change.from : change.to};
    return key(path.parent_path()) == key(directory);
  };
  for (const auto& change : directory_changes_)
    if (is_in_it(change))
      apply(change);
  std::erase_if(directory_changes_, is_in_it);
  return {};
}

caf::expected<std::uint64_t> memory_vfs::free_bytes(const std::filesystem::path&) {
  std::lock_guard guard{mutex_};
  return capacity_ - std::min(capacity_, used_bytes());
}

caf::expected<std::unique_ptr<persistence::directory_lock>>
memory_vfs::lock(const std::filesystem::path& directory) {
  std::lock_guard guard{mutex_};
  auto path = directory / persistence::lock_file_name;
  if (auto err = begin(vfs_call::lock, path))
    return err;
  if (locked_.contains(key(directory)))
    return failed("lock: in use", directory, errc::locked);
  if (auto [made, is_new] = files_.try_emplace(key(path)); is_new) {
    made->second = std::make_shared<inode>();
    directory_changes_.push_back({{}, key(path), made->second});
  }
  locked_.insert(key(directory));
  return std::unique_ptr<persistence::directory_lock>{
      std::make_unique<held_lock>(*this, key(directory))};
}

} // namespace sluice::test
