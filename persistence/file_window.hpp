#pragma once

#include "persistence/vfs.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace sluice::persistence {

/// Reads a file front to back through one buffer, so that a scan of a large segment
/// needs little memory.
class file_window {
public:
  file_window(file& source, std::uint64_t file_bytes) : source_(source), file_bytes_(file_bytes) {}

  /// The bytes [offset, offset + bytes), fewer at the end of the file. Valid until the
  /// next call.
  caf::expected<std::string_view> view(std::uint64_t offset, std::uint64_t bytes);

  /// As `file::written_ranges`.
  caf::expected<std::vector<byte_range>> written_ranges(std::uint64_t from) {
    return source_.written_ranges(from);
  }

  std::uint64_t file_bytes() const { return file_bytes_; }

private:
  file& source_;
  std::uint64_t file_bytes_;
  std::unique_ptr<char[]> buffer_;
  std::size_t buffer_bytes_ = 0;
  std::uint64_t loaded_from_ = 0;
  std::size_t loaded_bytes_ = 0;
};

/// The whole file. @returns `errc::corruption` when it is longer than `bytes_max`
caf::expected<std::string> read_file(vfs& disk, const std::filesystem::path& path,
                                     std::uint64_t bytes_max);

/// Makes `path` hold `bytes`, all or nothing, and durable: temporary file, fdatasync,
/// rename, directory sync.
/// @param maker keeps the temporary files of two threads apart
caf::error write_file(vfs& disk, const std::filesystem::path& path, std::string_view bytes,
                      std::string_view maker = {});

} // namespace sluice::persistence
