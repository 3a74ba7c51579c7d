#include "bench/support/file_state.hpp"

#include <sluice/errc.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace sluice::bench {

namespace {

namespace fs = std::filesystem;

fs::path file_in(const fs::path& directory) {
  return directory / "state";
}

fs::path applied_in(const fs::path& directory) {
  return directory / "state.applied";
}

fs::path staged_in(const fs::path& directory) {
  return directory / "state.staged";
}

void write_applied(const fs::path& directory, std::uint64_t applied) {
  std::ofstream{applied_in(directory), std::ios::trunc} << applied;
}

class file_stream final : public snapshot_stream {
public:
  file_stream(int descriptor, fs::path file, lsn at, std::uint64_t bytes)
      : descriptor_(descriptor), file_(std::move(file)), at_(at), bytes_(bytes) {}
  file_stream(const file_stream&) = delete;
  file_stream& operator=(const file_stream&) = delete;
  ~file_stream() override { ::close(descriptor_); }

  lsn at() const override { return at_; }
  std::uint64_t bytes() const override { return bytes_; }
  fs::path file() const override { return file_; }

  caf::expected<std::string> next(std::size_t bytes_max) override {
    std::string chunk(std::min<std::uint64_t>(bytes_max, bytes_ - read_), '\0');
    auto got = ::pread(descriptor_, chunk.data(), chunk.size(), static_cast<off_t>(read_));
    if (got < 0)
      return make_error(errc::io_error, "cannot read the state");
    chunk.resize(static_cast<std::size_t>(got));
    read_ += chunk.size();
    return chunk;
  }

private:
  int descriptor_;
  fs::path file_;
  lsn at_;
  std::uint64_t bytes_;
  std::uint64_t read_ = 0;
};

} // namespace

void file_state::make(const fs::path& directory, std::uint64_t bytes, lsn applied) {
  std::ofstream out{file_in(directory), std::ios::binary};
  std::string block(1024 * 1024, '\0');
  std::uint64_t word = 88172645463325252ull;
  for (std::uint64_t i = 0; i < bytes; i += block.size()) {
    // Xorshift: no two blocks are alike, and nothing on the way can make them smaller.
    for (std::size_t at = 0; at < block.size(); at += sizeof word) {
      word ^= word << 13;
      word ^= word >> 7;
      word ^= word << 17;
      block.replace(at, sizeof word, reinterpret_cast<const char*>(&word), sizeof word);
    }
    out << block;
  }
  if (!out.flush())
    throw std::runtime_error("cannot write the state");
  out.close();
  // What is measured later shall not share the disk with it.
  auto file = ::open(file_in(directory).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || ::fsync(file) != 0 || ::close(file) != 0)
    throw std::runtime_error("cannot sync the state");
  write_applied(directory, applied.value);
}

caf::error file_state::open(const fs::path& directory) {
  directory_ = directory;
  std::uint64_t applied = 0;
  if (std::ifstream in{applied_in(directory)}; in >> applied)
    applied_ = applied;
  return {};
}

caf::error file_state::apply(std::span<const record> records) {
  applied_ = records.back().lsn.value;
  return {};
}

caf::expected<std::unique_ptr<snapshot_stream>> file_state::begin() {
  auto descriptor = ::open(file_in(directory_).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return make_error(errc::io_error, "there is no state");
  auto bytes = static_cast<std::uint64_t>(::lseek(descriptor, 0, SEEK_END));
  return std::unique_ptr<snapshot_stream>{
      std::make_unique<file_stream>(descriptor, file_in(directory_), lsn{applied_}, bytes)};
}

caf::error file_state::begin(lsn) {
  return make_error(errc::unsupported, "this state is only taken from a file");
}

caf::error file_state::write(std::string_view) {
  return make_error(errc::unsupported, "this state is only taken from a file");
}

caf::expected<bool> file_state::stage(lsn, const fs::path& file) {
  abort();
  if (::link(file.c_str(), staged_in(directory_).c_str()) != 0)
    return make_error(errc::io_error, "the state cannot be linked");
  return true;
}

caf::error file_state::install(lsn at) {
  std::error_code failed;
  fs::rename(staged_in(directory_), file_in(directory_), failed);
  if (failed)
    return make_error(errc::io_error, failed.message());
  applied_ = at.value;
  write_applied(directory_, at.value);
  return {};
}

void file_state::abort() {
  std::error_code left;
  fs::remove(staged_in(directory_), left);
}

} // namespace sluice::bench
