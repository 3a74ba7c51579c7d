#include "bench/support/raw_disk.hpp"

#include "bench/support/stopwatch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace sluice::bench {

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

void write_all(int descriptor, std::string_view block, std::uint64_t offset) {
  while (!block.empty()) {
    auto wrote = ::pwrite(descriptor, block.data(), block.size(), static_cast<off_t>(offset));
    if (wrote < 0)
      throw std::system_error(errno, std::generic_category(), "pwrite");
    block.remove_prefix(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
}

void sync(int descriptor) {
  if (::fdatasync(descriptor) != 0)
    throw std::system_error(errno, std::generic_category(), "fdatasync");
}

int create(const std::filesystem::path& path) {
  auto descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0)
    throw std::system_error(errno, std::generic_category(), path.string());
  return descriptor;
}

} // namespace

raw_file::raw_file(const std::filesystem::path& directory, std::uint64_t bytes)
    : path_(directory / "raw"), descriptor_(create(path_)), bytes_(bytes) {
  std::string zeros(mebibyte, '\0');
  for (std::uint64_t at = 0; at < bytes; at += zeros.size())
    write_all(descriptor_, zeros, at);
  sync(descriptor_);
}

raw_file::~raw_file() {
  ::close(descriptor_);
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void raw_file::write_and_sync(std::string_view block) {
  if (offset_ + block.size() > bytes_)
    offset_ = 0;
  write_all(descriptor_, block, offset_);
  sync(descriptor_);
  offset_ += block.size();
}

std::vector<double> raw_latencies(raw_file& file, std::size_t block_bytes,
                                  std::chrono::milliseconds duration) {
  std::string block(block_bytes, 'r');
  std::vector<double> latencies;
  auto until = now() + duration;
  while (now() < until) {
    auto began = now();
    file.write_and_sync(block);
    latencies.push_back(microseconds_since(began));
  }
  return latencies;
}

double sequential_rate(const std::filesystem::path& directory, std::uint64_t bytes) {
  auto path = directory / "sequential";
  auto descriptor = create(path);
  std::string block(mebibyte, 's');
  auto began = now();
  for (std::uint64_t at = 0; at < bytes; at += block.size()) {
    write_all(descriptor, block, at);
    sync(descriptor);
  }
  auto seconds = seconds_since(began);
  ::close(descriptor);
  std::filesystem::remove(path);
  return static_cast<double>(bytes) / 1e6 / seconds;
}

std::uint64_t device_bytes_written(const std::filesystem::path& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0)
    throw std::system_error(errno, std::generic_category(), directory.string());
  std::ifstream counters("/sys/dev/block/" + std::to_string(major(status.st_dev)) + ":"
                         + std::to_string(minor(status.st_dev)) + "/stat");
  // The seventh number: sectors of 512 bytes that were written.
  std::uint64_t number = 0;
  for (int i = 0; i < 7; ++i)
    if (!(counters >> number))
      throw std::runtime_error("no counters for the device below " + directory.string());
  return number * 512;
}

} // namespace sluice::bench
