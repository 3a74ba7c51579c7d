#include "examples/kv/kv_snapshot.hpp"

#include "examples/kv/state_file.hpp"

#include <sluice/errc.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace kv {

namespace fs = std::filesystem;
using sluice::errc;
using sluice::make_error;

namespace {

caf::error system_fault(const fs::path& file) {
  return make_error(errno == ENOSPC ? errc::no_space : errc::io_error,
                    file.string() + ": " + std::strerror(errno));
}

/// A file of which nobody else knows; it is gone when this is.
class file_stream final : public sluice::snapshot_stream {
public:
  file_stream(int descriptor, fs::path file, sluice::lsn at)
      : descriptor_(descriptor), file_(std::move(file)), at_(at) {}
  file_stream(const file_stream&) = delete;
  file_stream& operator=(const file_stream&) = delete;
  ~file_stream() override {
    ::unlink(file_.c_str());
    ::close(descriptor_);
  }

  caf::error measure() {
    auto end = ::lseek(descriptor_, 0, SEEK_END);
    if (end < 0)
      return system_fault("a snapshot");
    bytes_ = static_cast<std::uint64_t>(end);
    return {};
  }

  sluice::lsn at() const override { return at_; }
  std::uint64_t bytes() const override { return bytes_; }
  fs::path file() const override { return file_; }

  caf::expected<std::string> next(std::size_t bytes_max) override {
    std::string chunk(std::min<std::uint64_t>(bytes_max, bytes_ - read_), '\0');
    std::size_t filled = 0;
    while (filled < chunk.size()) {
      auto got = ::pread(descriptor_, chunk.data() + filled, chunk.size() - filled,
                         static_cast<off_t>(read_ + filled));
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return system_fault("a snapshot");
      if (got == 0)
        return make_error(errc::io_error, "a snapshot is shorter than it was");
      filled += static_cast<std::size_t>(got);
    }
    read_ += filled;
    return chunk;
  }

private:
  int descriptor_;
  fs::path file_;
  sluice::lsn at_;
  std::uint64_t bytes_ = 0;
  std::uint64_t read_ = 0;
};

/// Copies one moment of the state. @returns which
caf::expected<sluice::lsn> copy_state(const fs::path& directory, const fs::path& copy) {
  auto from = database::open(state_file(directory), access::read);
  if (!from)
    return from.error();
  auto to = database::open(copy, access::write);
  if (!to)
    return to.error();
  // A copy that is not finished is thrown away: it needs no journal and no sync.
  for (const auto* setting : {"PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF"})
    if (auto err = to->run(setting))
      return err;
  // From the first read on the transaction sees one moment, and the copy is made of it.
  transaction moment{*from};
  if (auto err = moment.begin("BEGIN"))
    return err;
  auto at = applied_of(*from);
  if (!at)
    return at.error();
  if (auto err = from->copy_to(*to))
    return err;
  // The state has a write-ahead file beside it, the copy shall have none.
  if (auto err = to->run("PRAGMA journal_mode = DELETE"))
    return err;
  return at;
}

} // namespace

caf::expected<std::unique_ptr<sluice::snapshot_stream>> kv_snapshot_source::begin() {
  auto name = sending_file_pattern(directory_).string();
  auto descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0)
    return system_fault(name);
  auto at = copy_state(directory_, name);
  auto stream = std::make_unique<file_stream>(descriptor, name, at ? *at : sluice::no_lsn);
  if (!at)
    return at.error();
  if (auto err = stream->measure())
    return err;
  return std::unique_ptr<sluice::snapshot_stream>{std::move(stream)};
}

kv_snapshot_sink::kv_snapshot_sink(fs::path directory, std::function<void(install_step)> observe)
    : directory_(std::move(directory)), observe_(std::move(observe)) {}

kv_snapshot_sink::~kv_snapshot_sink() {
  abort();
}

void kv_snapshot_sink::tell(install_step done) const {
  if (observe_)
    observe_(done);
}

caf::error kv_snapshot_sink::begin(sluice::lsn at) {
  abort();
  auto file = incoming_file(directory_);
  descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    return system_fault(file);
  at_ = at;
  return {};
}

caf::expected<bool> kv_snapshot_sink::stage(sluice::lsn at, const fs::path& file) {
  abort();
  auto name = incoming_file(directory_);
  if (::unlink(name.c_str()) != 0 && errno != ENOENT)
    return system_fault(name);
  // Another volume, or one without second names: the bytes are written then.
  if (::link(file.c_str(), name.c_str()) != 0)
    return false;
  descriptor_ = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0)
    return system_fault(name);
  at_ = at;
  return true;
}

caf::error kv_snapshot_sink::write(std::string_view bytes) {
  if (descriptor_ < 0)
    return make_error(errc::invalid_argument, "no snapshot was begun");
  while (!bytes.empty()) {
    auto put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return system_fault(incoming_file(directory_));
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

caf::error kv_snapshot_sink::install(sluice::lsn at) {
  if (descriptor_ < 0 || at != at_)
    return make_error(errc::invalid_argument, "no snapshot at LSN " + to_string(at) + " was begun");
  tell(install_step::written);
  auto err = swap_in(at);
  abort();
  if (!err)
    err = sync_directory(directory_);
  if (!err)
    tell(install_step::cleaned);
  return err;
}

caf::error kv_snapshot_sink::swap_in(sluice::lsn at) {
  auto staged = database::open(incoming_file(directory_), access::read);
  if (!staged)
    return staged.error();
  if (auto err = check_format(*staged))
    return err;
  auto faults = staged->faults();
  if (!faults)
    return faults.error();
  if (!faults->empty())
    return make_error(errc::corruption, "the snapshot that arrived: " + *faults);
  auto applied = applied_of(*staged);
  if (!applied)
    return make_error(errc::corruption, sluice::describe(applied.error()));
  if (*applied != at)
    return make_error(errc::corruption, "the snapshot that arrived is at LSN " + to_string(*applied)
                                            + ", not " + to_string(at));
  tell(install_step::verified);
  auto live = open_state(directory_);
  if (!live)
    return live.error();
  if (auto err = staged->copy_to(*live))
    return err;
  tell(install_step::swapped);
  // Its write-ahead file has grown to the size of the state. Readers are not waited for: then a
  // later checkpoint shortens it.
  static_cast<void>(live->run("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)"));
  return {};
}

void kv_snapshot_sink::abort() {
  if (descriptor_ < 0)
    return;
  ::close(descriptor_);
  descriptor_ = -1;
  std::error_code left;
  fs::remove(incoming_file(directory_), left);
  // What cannot be removed now is when the store is opened again.
}

} // namespace kv
