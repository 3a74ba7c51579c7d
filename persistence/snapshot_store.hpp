#pragma once

#include "persistence/snapshot_files.hpp"
#include "persistence/vfs.hpp"

#include <sluice/snapshot.hpp>

#include <memory>
#include <optional>

namespace sluice::persistence {

/// The snapshot that is being staged in a directory of its own, chunk by chunk, in order
/// (docs/FORMAT.md, "Snapshot"). Promises: what it says is staged was verified against the
/// manifest in this life, and what it says is durable was synced; a chunk is taken only as the
/// manifest names it; nothing that is half there is ever handed on. One owner at a time;
/// blocks on the disk.
class snapshot_store {
public:
  /// Reads what an earlier life has staged: its chunks are verified, and it goes on at the
  /// first that is not whole. A manifest that is damaged is removed with its data, for nothing
  /// is lost but a transfer. O(bytes staged).
  /// @returns `errc::unknown_version`, nothing was touched then; `errc::io_error`
  static caf::expected<std::unique_ptr<snapshot_store>> open(vfs& disk,
                                                             std::filesystem::path directory);

  /// Of what is staged; none when nothing is.
  const std::optional<snapshot_manifest>& manifest() const { return manifest_; }

  /// How many of its chunks are staged, from the first on.
  std::size_t staged() const { return staged_; }
  /// How many of them were made durable.
  std::size_t durable() const { return durable_; }
  bool is_whole() const { return manifest_ && staged_ == manifest_->chunks.size(); }
  std::uint64_t staged_bytes() const { return end_; }
  /// Of those that `sync` would make durable.
  std::uint64_t unsynced_bytes() const { return end_ - synced_end_; }

  /// A snapshot is about to come. What is staged of the same one stays, what is staged of
  /// another is discarded first. The manifest is durable when this returns, the room for its
  /// data is reserved.
  /// @returns `errc::invalid_argument` for what is no manifest, `errc::no_space`: nothing is
  ///   staged then
  caf::error begin(const snapshot_manifest& coming);

  /// Chunk `index`; not durable yet. One that is staged already may come again.
  /// @returns `errc::corruption` for other bytes than the manifest names, `errc::invalid_argument`
  ///   for one that does not come next; nothing has changed then. After `errc::io_error` or
  ///   `errc::no_space` what was not durable is staged no longer
  caf::error put(std::size_t index, std::string_view bytes);

  /// Makes durable what was put. After an error what was not durable is staged no longer.
  caf::error sync();

  /// Gives the whole snapshot to `sink` and has it installed. What is staged stays until
  /// `discard`, so that it can be tried again.
  /// @returns `errc::invalid_argument` while chunks are missing, `errc::corruption` when they are
  ///   no longer what they were, or what the sink says, which is told to abort
  caf::error install(snapshot_sink& sink);

  /// Nothing is staged any more: durably, the manifest first.
  caf::error discard();

private:
  snapshot_store(vfs& disk, std::filesystem::path directory)
      : disk_(disk), directory_(std::move(directory)) {}

  caf::error recover();
  caf::error remove_strays();
  caf::expected<bool> is_kept_by_sink();
  caf::error recover_data();
  caf::error open_data();
  caf::error lose_unsynced(caf::error why);
  caf::error feed(snapshot_sink& sink);
  caf::expected<std::string> read(std::size_t index, std::uint64_t offset);
  std::filesystem::path manifest_path() const { return directory_ / snapshot_manifest_name; }
  std::filesystem::path data_path() const { return directory_ / snapshot_data_name; }

  vfs& disk_;
  std::filesystem::path directory_;
  std::optional<snapshot_manifest> manifest_;
  std::unique_ptr<file> data_;
  std::size_t staged_ = 0;
  std::size_t durable_ = 0;
  /// Where the staged chunks end in the data, and the durable ones.
  std::uint64_t end_ = 0;
  std::uint64_t synced_end_ = 0;
};

/// Removes a snapshot that nobody has open: its manifest first.
caf::error remove_snapshot(vfs& disk, const std::filesystem::path& directory);

/// Where the snapshot that a node receives is staged in the node's directory.
std::filesystem::path incoming_snapshot_folder(const std::filesystem::path& node_directory);

/// Removes what is staged there, which nobody has open, and the folders: they are there while
/// something is on its way. Does nothing when there is none.
caf::error remove_incoming_snapshot(vfs& disk, const std::filesystem::path& node_directory);

} // namespace sluice::persistence
