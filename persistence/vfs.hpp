#pragma once

#include <sluice/errc.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::persistence {

/// The bytes [begin, end) of a file.
struct byte_range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// An open file. Closing is its destruction. Not thread safe.
class file {
public:
  virtual ~file() = default;

  /// Fills `into` from `offset`; fewer bytes only at the end of the file.
  virtual caf::expected<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;

  /// Writes all parts one after the other at `offset`; short writes are gone on with.
  virtual caf::error write_at(std::uint64_t offset, std::span<const std::string_view> parts) = 0;

  /// Writes a lot that is not read again soon: past the cache where the file system can, in small
  /// pieces, each of which the device has before the next one is handed to it. Who else syncs
  /// there waits behind one piece, and `sync_data`, before which nothing is durable, is short.
  /// After an error nothing is known of what was not synced: as after a failed `sync_data`.
  virtual caf::error write_through(std::uint64_t offset, std::string_view bytes) {
    return write_at(offset, {&bytes, 1});
  }

  /// fdatasync: durable when it returns no error. Must not be called again after a failure.
  virtual caf::error sync_data() = 0;

  virtual caf::error truncate(std::uint64_t size) = 0;

  /// Reserves blocks for [0, size) and sets the size: `errc::no_space` when there is no room.
  virtual caf::error allocate(std::uint64_t size) = 0;

  virtual caf::expected<std::uint64_t> size() = 0;

  /// What was synced of `range` is not read again soon: it need not stay in memory. A hint.
  virtual void forget_cached(byte_range range) { static_cast<void>(range); }

  /// Where bytes from `from` on stand that may not be zero, in order: what was reserved and
  /// never written need not be read. All the rest when the file system keeps no account.
  virtual caf::expected<std::vector<byte_range>> written_ranges(std::uint64_t from) = 0;
};

/// Made in a directory by its first `vfs::lock`, and left there.
inline constexpr const char* lock_file_name = "lock";

/// Holds the directory for one process until it is destroyed.
class directory_lock {
public:
  virtual ~directory_lock() = default;
};

enum class open_mode { read, read_write, create_exclusive };

/// The one seam to the operating system's files. `posix_vfs()` is the real one;
/// test/support has one in memory that loses, tears and fails. Errors name the call,
/// the path and the reason, as `errc::io_error`, `errc::no_space`, or
/// `errc::overloaded` when no more files can be open.
/// Thread safe as far as the file system is: different files from different threads.
class vfs {
public:
  virtual ~vfs() = default;

  virtual caf::expected<std::unique_ptr<file>> open(const std::filesystem::path& path,
                                                    open_mode mode) = 0;
  virtual caf::expected<bool> exists(const std::filesystem::path& path) = 0;
  /// Names (not paths) of the regular files and directories in it, sorted.
  virtual caf::expected<std::vector<std::string>> list(const std::filesystem::path& directory) = 0;
  /// Creates it with its parents; durable once the parents are synced, which this does.
  virtual caf::error create_directories(const std::filesystem::path& directory) = 0;
  virtual caf::error rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// Gives a file a second name. @returns whether it has one: not across volumes, and not
  /// everywhere
  virtual bool link(const std::filesystem::path& from, const std::filesystem::path& to) {
    static_cast<void>(from);
    static_cast<void>(to);
    return false;
  }
  /// Whether the file that is there has another name, too: what is written to it, others see.
  virtual caf::expected<bool> has_other_name(const std::filesystem::path& path) = 0;
  virtual caf::error remove(const std::filesystem::path& path) = 0;
  /// Of an empty directory.
  virtual caf::error remove_directory(const std::filesystem::path& path) = 0;
  virtual caf::error sync_directory(const std::filesystem::path& directory) = 0;
  virtual caf::expected<std::uint64_t> free_bytes(const std::filesystem::path& directory) = 0;
  /// Makes the lock file when it is missing.
  /// @returns `errc::locked` when another process, or another opener in this one, holds it
  virtual caf::expected<std::unique_ptr<directory_lock>>
  lock(const std::filesystem::path& directory) = 0;
};

/// The real file system. Lives as long as the process.
vfs& posix_vfs();

} // namespace sluice::persistence
