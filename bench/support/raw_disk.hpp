#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace sluice::bench {

/// A file that was filled with zeros and synced before it is written: what the disk can do
/// at best, for comparison within the same run.
class raw_file {
public:
  raw_file(const std::filesystem::path& directory, std::uint64_t bytes);
  raw_file(const raw_file&) = delete;
  raw_file& operator=(const raw_file&) = delete;
  ~raw_file();

  /// Writes `block` behind the last one, from the start again when the file is full, and
  /// calls fdatasync.
  void write_and_sync(std::string_view block);

private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t bytes_;
  std::uint64_t offset_ = 0;
};

/// Microseconds that each write with its sync took, for `duration`.
std::vector<double> raw_latencies(raw_file& file, std::size_t block_bytes,
                                  std::chrono::milliseconds duration);

/// MB/s into a new file that grows, with an fdatasync after each MiB.
double sequential_rate(const std::filesystem::path& directory, std::uint64_t bytes);

/// What the device below `directory` has written since it was attached, whoever wrote it.
/// @throws std::runtime_error when the device keeps no count
std::uint64_t device_bytes_written(const std::filesystem::path& directory);

} // namespace sluice::bench
