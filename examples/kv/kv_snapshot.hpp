#pragma once

#include <sluice/snapshot.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>

namespace kv {

/// The state in `directory` as an SQLite file of its own: a copy that SQLite makes of one
/// moment while the store goes on, and that is gone with its stream.
class kv_snapshot_source final : public sluice::snapshot_source {
public:
  explicit kv_snapshot_source(std::filesystem::path directory) : directory_(std::move(directory)) {}
  caf::expected<std::unique_ptr<sluice::snapshot_stream>> begin() override;

private:
  std::filesystem::path directory_;
};

/// What an installation has just done.
enum class install_step : std::uint8_t {
  written,
  verified,
  swapped,
  cleaned,
};

/// Replaces the state in `directory`. The bytes are staged in `kv.sqlite.incoming`; once they
/// are verified SQLite copies them over the state in one transaction. That makes the swap
/// atomic, durable and visible to connections that are open, of any process, as another
/// name for the file would not: beside `kv.sqlite` stands the `-wal` of its last commits,
/// which would be replayed into the new file. It costs the bytes a second time.
class kv_snapshot_sink final : public sluice::snapshot_sink {
public:
  /// @param observe is told of each step of an installation
  explicit kv_snapshot_sink(std::filesystem::path directory,
                            std::function<void(install_step)> observe = {});
  ~kv_snapshot_sink() override;
  kv_snapshot_sink(const kv_snapshot_sink&) = delete;
  kv_snapshot_sink& operator=(const kv_snapshot_sink&) = delete;

  caf::error begin(sluice::lsn at) override;
  /// Gives the file a second name, which is removed with what else is staged.
  caf::expected<bool> stage(sluice::lsn at, const std::filesystem::path& file) override;
  caf::error write(std::string_view bytes) override;
  caf::error install(sluice::lsn at) override;
  void abort() override;

private:
  caf::error swap_in(sluice::lsn at);
  void tell(install_step done) const;

  std::filesystem::path directory_;
  std::function<void(install_step)> observe_;
  int descriptor_ = -1;
  sluice::lsn at_;
};

} // namespace kv
