#pragma once

#include "persistence/snapshot_manifest.hpp"
#include "persistence/vfs.hpp"

#include <sluice/snapshot.hpp>

#include <memory>
#include <optional>

namespace sluice::persistence {

/// The snapshot that stands staged in a directory of its own, chunk by chunk, in order
/// (docs/FORMAT.md, "Snapshot"). Promises: what it says is staged is durable and was verified
/// against the manifest in this life; a chunk is taken only as the manifest names it; nothing
/// that is half there is ever handed on. One owner at a time; blocks on the disk.
class snapshot_store {
public:
  /// Reads what an earlier life has staged: every chunk is verified, and from the first that is
  /// missing or damaged on they are removed. A manifest that is damaged is removed with all
  /// its chunks, for nothing is lost but a transfer.
  /// @returns `errc::unknown_version`, nothing was touched then; `errc::io_error`
  static caf::expected<std::unique_ptr<snapshot_store>> open(vfs& disk,
                                                             std::filesystem::path directory);

  /// Of what is staged; none when nothing is.
  const std::optional<snapshot_manifest>& manifest() const { return manifest_; }

  /// How many of its chunks are staged, from the first on: where a transfer goes on.
  std::size_t staged() const { return staged_; }
  bool is_whole() const { return manifest_ && staged_ == manifest_->chunks.size(); }

  /// A snapshot is about to come. What is staged of the same one stays, what is staged of
  /// another is discarded first. The manifest is durable when this returns.
  /// @returns `errc::invalid_argument` for what is no manifest
  caf::error begin(const snapshot_manifest& coming);

  /// Chunk `index`; durable when this returns. One that is staged already may come again.
  /// @returns `errc::corruption` for other bytes than the manifest names, `errc::invalid_argument`
  ///   for one that does not come next; nothing has changed then
  caf::error put(std::size_t index, std::string_view bytes);

  /// A staged chunk, verified again. @returns `errc::corruption`, `errc::not_found`
  caf::expected<std::string> read(std::size_t index);

  /// Gives the whole snapshot to `sink` and has it installed. What is staged stays until
  /// `discard`, so that it can be tried again.
  /// @returns `errc::invalid_argument` while chunks are missing, or what the sink says, which is
  ///   told to abort
  caf::error install(snapshot_sink& sink);

  /// Nothing is staged any more: durably, the manifest first.
  caf::error discard();

private:
  snapshot_store(vfs& disk, std::filesystem::path directory)
      : disk_(disk), directory_(std::move(directory)) {}

  caf::error recover();
  caf::error recover_chunks();
  caf::error remove_chunks_from(std::size_t first);
  caf::error feed(snapshot_sink& sink);
  std::filesystem::path manifest_path() const;
  std::filesystem::path chunk_path(std::size_t index) const;

  vfs& disk_;
  std::filesystem::path directory_;
  std::optional<snapshot_manifest> manifest_;
  std::size_t staged_ = 0;
};

} // namespace sluice::persistence
