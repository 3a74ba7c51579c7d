#pragma once

#include <sluice/applier.hpp>
#include <sluice/snapshot.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace sluice::bench {

/// An embedder's state that is one large file: what the log changes of it is not written, so
/// that a benchmark measures how the file gets to another node and nothing else. Stands in
/// `state` of a node's directory, how far it is in `state.applied`.
class file_state final : public applier, public snapshot_source, public snapshot_sink {
public:
  /// Makes one of so many bytes in `directory`, as the state of what goes through `applied`.
  static void make(const std::filesystem::path& directory, std::uint64_t bytes, lsn applied);

  caf::error open(const std::filesystem::path& directory) override;
  lsn applied() override { return lsn{applied_}; }
  caf::error apply(std::span<const record> records) override;

  caf::expected<std::unique_ptr<snapshot_stream>> begin() override;

  caf::error begin(lsn at) override;
  caf::expected<bool> stage(lsn at, const std::filesystem::path& file) override;
  caf::error write(std::string_view bytes) override;
  caf::error install(lsn at) override;
  void abort() override;

private:
  std::filesystem::path directory_;
  std::atomic<std::uint64_t> applied_{0};
};

} // namespace sluice::bench
