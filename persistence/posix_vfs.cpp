#include "persistence/vfs.hpp"

#include "persistence/direct_writer.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <system_error>

namespace sluice::persistence {

namespace {

namespace fs = std::filesystem;

caf::error failed(const char* call, const fs::path& path, int number) {
  auto code = errc::io_error;
  if (number == ENOSPC || number == EDQUOT)
    code = errc::no_space;
  else if (number == EMFILE || number == ENFILE)
    code = errc::overloaded;
  return make_error(code, std::string{call} + ": " + path.string() + ": "
                              + std::generic_category().message(number));
}

/// Repeats a system call for as long as a signal interrupts it.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR)
    result = call();
  return result;
}

class descriptor {
public:
  explicit descriptor(int number) : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

private:
  int number_;
};

class posix_file final : public file {
public:
  posix_file(descriptor open_file, fs::path path)
      : descriptor_(std::move(open_file)), path_(std::move(path)) {}

  caf::expected<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      auto got = uninterrupted([&] {
        return ::pread(descriptor_.number(), into.data() + done, into.size() - done,
                       static_cast<off_t>(offset + done));
      });
      if (got < 0)
        return failed("pread", path_, errno);
      if (got == 0)
        break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  caf::error write_at(std::uint64_t offset, std::span<const std::string_view> parts) override {
    constexpr std::size_t parts_max = 64;
    std::array<iovec, parts_max> vectors;
    std::size_t first_part = 0;
    std::size_t skip = 0;
    while (first_part < parts.size()) {
      auto count = std::min(parts_max, parts.size() - first_part);
      for (std::size_t i = 0; i < count; ++i) {
        auto part = parts[first_part + i].substr(i == 0 ? skip : 0);
        vectors[i] = {const_cast<char*>(part.data()), part.size()};
      }
      auto wrote = uninterrupted([&] {
        return ::pwritev(descriptor_.number(), vectors.data(), static_cast<int>(count),
                         static_cast<off_t>(offset));
      });
      if (wrote < 0)
        return failed("pwritev", path_, errno);
      auto left = static_cast<std::size_t>(wrote);
      offset += left;
      while (first_part < parts.size() && left >= parts[first_part].size() - skip) {
        left -= parts[first_part].size() - skip;
        skip = 0;
        ++first_part;
      }
      skip += left;
    }
    return {};
  }

  caf::error write_through(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      auto wrote = write_directly(offset, bytes);
      if (wrote && *wrote == 0)
        wrote = write_back(offset, bytes.substr(0, direct_piece_bytes));
      if (!wrote)
        return wrote.error();
      offset += *wrote;
      bytes.remove_prefix(*wrote);
    }
    return {};
  }

  caf::error sync_data() override {
    // Not repeated on EINTR either: after any failure the pages may count as clean.
    if (::fdatasync(descriptor_.number()) != 0)
      return failed("fdatasync", path_, errno);
    return {};
  }

  caf::error truncate(std::uint64_t bytes) override {
    if (uninterrupted([&] { return ::ftruncate(descriptor_.number(), static_cast<off_t>(bytes)); })
        != 0)
      return failed("ftruncate", path_, errno);
    return {};
  }

  caf::error allocate(std::uint64_t bytes) override {
    auto number = EINTR;
    while (number == EINTR)
      number = ::posix_fallocate(descriptor_.number(), 0, static_cast<off_t>(bytes));
    return number == 0 ? caf::error{} : failed("posix_fallocate", path_, number);
  }

  void forget_cached(byte_range range) override {
    static_cast<void>(::posix_fadvise(descriptor_.number(), static_cast<off_t>(range.begin),
                                      static_cast<off_t>(range.end - range.begin),
                                      POSIX_FADV_DONTNEED));
  }

  caf::expected<std::uint64_t> size() override {
    struct stat status {};
    if (::fstat(descriptor_.number(), &status) != 0)
      return failed("fstat", path_, errno);
    return static_cast<std::uint64_t>(status.st_size);
  }

  caf::expected<std::vector<byte_range>> written_ranges(std::uint64_t from) override {
    auto bytes = size();
    if (!bytes)
      return bytes.error();
    std::vector<byte_range> ranges;
    while (from < *bytes) {
      auto begin = ::lseek(descriptor_.number(), static_cast<off_t>(from), SEEK_DATA);
      if (begin < 0 && errno == ENXIO)
        break;
      auto end = begin < 0 ? begin : ::lseek(descriptor_.number(), begin, SEEK_HOLE);
      if (end < 0 && (errno == EINVAL || errno == EOPNOTSUPP))
        return std::vector{byte_range{from, *bytes}};
      if (end < 0)
        return failed("lseek", path_, errno);
      ranges.push_back({static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end)});
      from = static_cast<std::uint64_t>(end);
    }
    return ranges;
  }

private:
  /// The first piece of `bytes` past the cache. @returns how much of it; 0 where that cannot be
  caf::expected<std::size_t> write_directly(std::uint64_t offset, std::string_view bytes) {
    auto count = direct_writer::writable(offset, bytes);
    if (count == 0)
      return count;
    if (!direct_)
      direct_.emplace(descriptor_.number());
    if (!direct_->can_write())
      return std::size_t{0};
    auto wrote = uninterrupted([&] { return direct_->write(offset, bytes.substr(0, count)); });
    // A file system may take the flag and still not these blocks.
    if (wrote < 0 && errno == EINVAL)
      return std::size_t{0};
    if (wrote < 0)
      return failed("pwrite", path_, errno);
    return static_cast<std::size_t>(wrote);
  }

  /// Through the cache, and from there to the device.
  caf::expected<std::size_t> write_back(std::uint64_t offset, std::string_view piece) {
    if (auto err = write_at(offset, {&piece, 1}))
      return err;
    constexpr unsigned all =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    // Where there is no such call the sync has to do it all.
    if (::sync_file_range(descriptor_.number(), static_cast<off_t>(offset),
                          static_cast<off_t>(piece.size()), all)
            != 0
        && errno != ENOSYS && errno != EINVAL)
      return failed("sync_file_range", path_, errno);
    return piece.size();
  }

  descriptor descriptor_;
  fs::path path_;
  /// Opened by the first use.
  std::optional<direct_writer> direct_;
};

class posix_lock final : public directory_lock {
public:
  explicit posix_lock(descriptor held) : held_(std::move(held)) {}

private:
  descriptor held_;
};

int open_flags(open_mode mode) {
  switch (mode) {
  case open_mode::read: return O_RDONLY;
  case open_mode::read_write: return O_RDWR;
  case open_mode::create_exclusive: return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

descriptor open_descriptor(const fs::path& path, int flags) {
  return descriptor{uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0644); })};
}

class real_file_system final : public vfs {
public:
  caf::expected<std::unique_ptr<file>> open(const fs::path& path, open_mode mode) override {
    auto opened = open_descriptor(path, open_flags(mode));
    if (!opened.is_open())
      return failed("open", path, errno);
    return std::unique_ptr<file>{std::make_unique<posix_file>(std::move(opened), path)};
  }

  caf::expected<bool> exists(const fs::path& path) override {
    std::error_code code;
    auto found = fs::exists(fs::symlink_status(path, code));
    if (code && code.value() != ENOENT)
      return failed("stat", path, code.value());
    return found;
  }

  caf::expected<std::vector<std::string>> list(const fs::path& directory) override {
    std::error_code code;
    std::vector<std::string> names;
    fs::directory_iterator entry{directory, code};
    for (; !code && entry != fs::directory_iterator{}; entry.increment(code))
      names.push_back(entry->path().filename().string());
    if (code)
      return failed("readdir", directory, code.value());
    std::sort(names.begin(), names.end());
    return names;
  }

  caf::error create_directories(const fs::path& directory) override {
    std::vector<fs::path> missing;
    for (auto path = fs::absolute(directory).lexically_normal(); !path.empty();
         path = path.parent_path()) {
      auto there = exists(path);
      if (!there)
        return there.error();
      if (*there || path == path.root_path())
        break;
      missing.push_back(path);
    }
    for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
      if (path->filename().empty())
        continue;
      if (::mkdir(path->c_str(), 0755) != 0 && errno != EEXIST)
        return failed("mkdir", *path, errno);
      if (auto err = sync_directory(path->parent_path()))
        return err;
    }
    return {};
  }

  caf::error rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0)
      return failed("rename", from, errno);
    return {};
  }

  bool link(const fs::path& from, const fs::path& to) override {
    return ::link(from.c_str(), to.c_str()) == 0;
  }

  caf::expected<bool> has_other_name(const fs::path& path) override {
    struct stat seen {};
    if (::stat(path.c_str(), &seen) != 0)
      return failed("stat", path, errno);
    return seen.st_nlink > 1;
  }

  caf::error remove(const fs::path& path) override {
    if (::unlink(path.c_str()) != 0)
      return failed("unlink", path, errno);
    return {};
  }

  caf::error remove_directory(const fs::path& path) override {
    if (::rmdir(path.c_str()) != 0)
      return failed("rmdir", path, errno);
    return {};
  }

  caf::error sync_directory(const fs::path& directory) override {
    auto opened = open_descriptor(directory, O_RDONLY | O_DIRECTORY);
    if (!opened.is_open())
      return failed("open", directory, errno);
    if (::fsync(opened.number()) != 0)
      return failed("fsync", directory, errno);
    return {};
  }

  caf::expected<std::uint64_t> free_bytes(const fs::path& directory) override {
    struct statvfs status {};
    if (::statvfs(directory.c_str(), &status) != 0)
      return failed("statvfs", directory, errno);
    return std::uint64_t{status.f_bavail} * status.f_frsize;
  }

  caf::expected<std::unique_ptr<directory_lock>> lock(const fs::path& directory) override {
    // flock belongs to the open file description, so it also keeps out a second opener
    // of this process, and the kernel drops it when the process dies.
    auto opened = open_descriptor(directory / lock_file_name, O_RDWR | O_CREAT);
    if (!opened.is_open())
      return failed("open", directory / lock_file_name, errno);
    if (uninterrupted([&] { return ::flock(opened.number(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK)
        return make_error(
            errc::locked,
            "lock: " + directory.string()
                + ": another process has it open; stop that one, or take another directory");
      return failed("flock", directory, errno);
    }
    return std::unique_ptr<directory_lock>{std::make_unique<posix_lock>(std::move(opened))};
  }
};

} // namespace

vfs& posix_vfs() {
  static real_file_system file_system;
  return file_system;
}

} // namespace sluice::persistence
