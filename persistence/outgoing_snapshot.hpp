#pragma once

#include "persistence/snapshot_files.hpp"
#include "persistence/vfs.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::persistence {

/// Where in the history a snapshot stands.
struct snapshot_place {
  lsn at;
  timeline_id timeline;
  sluice::term term;
  /// Of the log through `at`.
  digest history;
  /// Of the record at `at`.
  sluice::term last_term = {};
  /// The producer table through `at`, as in an index; empty: not known.
  std::string producers = {};
};

/// The snapshot that stands ready for replicas in a directory of its own, or is being made there
/// (docs/FORMAT.md, "Snapshot"). Promises: there is a manifest only of what was written to its
/// end; a chunk is handed on only as the manifest names it; what fails leaves nothing behind;
/// neither the directory nor the one around it stays when it is empty.
/// Its bytes are never synced: what a loss of power takes of them is found when they are read.
/// One owner at a time; blocks on the disk.
class outgoing_snapshot {
public:
  /// Finds what an earlier life has made; only its manifest is read. What has none, or a damaged
  /// one, is removed.
  /// @returns `errc::unknown_version`, nothing was touched then; `errc::io_error`
  static caf::expected<std::unique_ptr<outgoing_snapshot>> open(vfs& disk,
                                                                std::filesystem::path directory);

  /// Of what stands ready; none when nothing does.
  const std::optional<snapshot_manifest>& manifest() const { return manifest_; }

  /// Another one is about to be made: what is there is discarded first.
  /// @param whole a file that holds all of it already and that nobody changes any more, or empty:
  ///   where it can be linked nothing is copied
  caf::error begin(const std::filesystem::path& whole = {});

  /// The next chunk of it. After an error nothing is left of it: begin again.
  /// @pre `begin` was called, and 1 <= `bytes.size()` <= `snapshot_chunk_bytes_max`
  /// @returns `errc::no_space`, `errc::io_error`; `errc::invalid_argument` for more chunks than a
  ///   manifest names
  caf::error add(std::string_view bytes);

  /// All of it was added: it stands ready, and is found by later lives. After an error nothing is
  /// left of it.
  caf::error finish(const snapshot_place& place);

  /// A chunk of what stands ready.
  /// @returns `errc::corruption` when it is not what was written, `errc::not_found` when there is
  ///   no such chunk
  caf::expected<std::string> read(std::size_t index);

  /// How much was added since `begin`.
  std::uint64_t bytes() const { return bytes_; }

  /// Nothing stands ready any more, durably, and nothing is being made: the manifest goes first.
  caf::error discard();

private:
  outgoing_snapshot(vfs& disk, std::filesystem::path directory)
      : disk_(disk), directory_(std::move(directory)) {}

  caf::error recover();
  caf::error give_up(caf::error why);
  caf::error write(std::string_view bytes);
  caf::error remove_all_but_manifest();
  void remove_empty_folders();
  void note_offsets();
  std::filesystem::path manifest_path() const;
  std::filesystem::path data_path() const;

  vfs& disk_;
  std::filesystem::path directory_;
  std::optional<snapshot_manifest> manifest_;
  /// Before each chunk of `manifest_`.
  std::vector<std::uint64_t> offsets_;
  /// What is being made.
  std::vector<snapshot_chunk> added_;
  std::uint64_t bytes_ = 0;
  /// Its bytes stand in `data` already.
  bool is_linked_ = false;
  /// Open for what is being made, or for what was read last.
  std::unique_ptr<file> data_;
};

} // namespace sluice::persistence
