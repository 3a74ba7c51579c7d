#pragma once

#include "persistence/segment_file.hpp"
#include "persistence/spool_reader.hpp"

#include <sluice/frame_batch.hpp>

#include <optional>
#include <vector>

namespace sluice::persistence {

/// A place in the history and in a segment: the frame of the batch that begins with
/// `first` stands at `byte_offset`, or behind marks that stand there.
struct read_position {
  lsn first;
  std::uint64_t byte_offset = 0;
  digest previous_digest;
};

/// One segment as a reader sees it: its descriptor, and an index that is read from the
/// sidecar or grows with what is read. Never looks past what it is asked for.
class segment_view {
public:
  static caf::expected<std::unique_ptr<segment_view>>
  open(vfs& disk, const std::filesystem::path& directory, segment_name name);

  segment_name name() const { return segment_.name(); }
  const segment_header& header() const { return segment_.header; }

  /// Where the batch that holds `target` begins; nothing when the segment ends before it.
  /// Checks headers on the way, not bodies. @pre `target` is durable
  caf::expected<std::optional<read_position>> seek(lsn target);

  struct read_result {
    std::vector<frame_batch> batches;
    read_position next;
    /// Whether the segment's end mark stands at `next`.
    bool is_at_end = false;
  };

  /// Whole checked batches from `from` on until one holds `through`, or the next one would
  /// exceed a limit, or the segment ends; at least one, unless it ends there.
  caf::expected<read_result> read(const read_position& from, lsn through,
                                  const read_limits& limits);

  damage damaged(const read_position& at, std::string reason) const {
    return segment_.damaged(at.byte_offset, at.first, std::move(reason));
  }

private:
  explicit segment_view(segment_file segment) : segment_(std::move(segment)) {}

  void note(const read_position& batch);
  /// A part of the segment that several batches share.
  struct block {
    payload bytes;
    std::uint64_t byte_offset = 0;
  };

  /// What `within` holds from `byte_offset` on; it is read anew when that is less than
  /// `needed`, and then `wanted` if that is more.
  caf::expected<std::string_view> fill(block& within, std::uint64_t byte_offset,
                                       std::uint64_t needed, std::uint64_t wanted);
  std::uint64_t guess_bytes(const read_position& from, lsn through, std::uint64_t bytes_max) const;
  caf::expected<std::optional<batch_header>> next_header(std::string_view bytes,
                                                         read_result& result);

  segment_file segment_;
  std::vector<index_entry> entries_;
  bool has_index_file_ = false;
  /// Of what was read last: sizes the next read.
  std::uint64_t record_bytes_ = 1024;
  std::uint64_t largest_batch_ = 0;
};

} // namespace sluice::persistence
