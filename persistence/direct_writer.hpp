#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include <sys/types.h>

namespace sluice::persistence {

/// Of offsets, sizes and memory that go past the page cache: enough for any device.
inline constexpr std::size_t direct_alignment = 4096;

/// What `file::write_through` hands to the device at once. Where a write of 256 KiB takes some
/// 200 us, a sync beside it waits for as long; with smaller ones the rate falls faster than the
/// wait (docs/PERFORMANCE.md, "Bootstrapping").
inline constexpr std::size_t direct_piece_bytes = 256 * 1024;

/// Writes an open file past the page cache (O_DIRECT), through a descriptor of its own and
/// memory that is aligned for it. Private to the POSIX vfs. Not thread safe.
class direct_writer {
public:
  /// @param descriptor of the file, which stays the caller's
  explicit direct_writer(int descriptor);
  direct_writer(const direct_writer&) = delete;
  direct_writer& operator=(const direct_writer&) = delete;
  ~direct_writer();

  /// Not on every file system.
  bool can_write() const { return descriptor_ >= 0 && piece_ != nullptr; }

  /// What of `bytes` can be written at `offset`: at most a piece, whole blocks only, so that
  /// nothing is written beyond the end; 0 where the offset is within a block.
  static std::size_t writable(std::uint64_t offset, std::string_view bytes);

  /// As pwrite; not durable before the file is synced.
  /// @pre `can_write()`, and `bytes` is as long as `writable` says
  ssize_t write(std::uint64_t offset, std::string_view bytes);

private:
  struct freed {
    void operator()(char* memory) const;
  };
  int descriptor_;
  std::unique_ptr<char, freed> piece_;
};

} // namespace sluice::persistence
