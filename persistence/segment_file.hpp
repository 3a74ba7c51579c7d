#pragma once

#include "persistence/damage.hpp"
#include "persistence/producer_table.hpp"
#include "persistence/segment_header.hpp"
#include "persistence/segment_index.hpp"
#include "persistence/segment_name.hpp"
#include "persistence/segment_scan.hpp"
#include "persistence/vfs.hpp"

#include <caf/expected.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::persistence {

/// A segment opened for reading, its header checked against its name.
struct segment_file {
  std::filesystem::path path;
  std::unique_ptr<file> bytes;
  std::uint64_t file_bytes = 0;
  segment_header header;

  segment_name name() const { return {header.first, header.generation}; }
  damage damaged(std::uint64_t byte_offset, lsn position, std::string reason) const {
    return {path, byte_offset, position, std::move(reason)};
  }
};

/// @returns `errc::corruption` (bad header, other name, cut off), `unknown_version`,
///   `wrong_cluster` when `cluster` is given and another stands there, `io_error`
caf::expected<segment_file> open_segment(vfs& disk, const std::filesystem::path& directory,
                                         segment_name name, std::optional<std::string> cluster);

/// The index of a closed segment, when it is there, intact, of this segment, and the
/// segment's end mark agrees with it.
/// @returns an error only for `errc::unknown_version` and `errc::io_error`
caf::expected<std::optional<segment_index>> load_index(vfs& disk, segment_file& segment);

/// The index file by its name alone, wherever its segment is.
caf::expected<std::optional<segment_index>> load_index_file(vfs& disk,
                                                            const std::filesystem::path& path);

/// The index of the segment before the log's first one: what is left of it, or was told of it.
struct base_index {
  segment_name name;
  segment_index content;
};

/// The one that `first_segment` continues; none when there is none.
/// @returns an error only for `errc::unknown_version` and what reading fails with
caf::expected<std::optional<base_index>> find_base_index(vfs& disk,
                                                         const std::filesystem::path& directory,
                                                         const std::vector<segment_name>& indexes,
                                                         const segment_header& first_segment);

/// Whether producers may have appended in a history before `first_segment` of which a log without
/// a base index knows nothing (decision 12); an imported one has no digest before it.
bool has_unknown_past(const segment_header& first_segment);

/// The segments behind the last one that is there, when an index proves that there were some:
/// it is written once the segment after its own cannot be lost, and a prune always leaves the
/// last, so a log goes on behind what any of its indexes covers.
/// @param last_header of the last segment; null when there is none
/// @param last the last LSN of the log
/// @returns what is missing; an error only for `errc::unknown_version` and what reading fails with
caf::expected<std::optional<damage>> find_missing_end(vfs& disk,
                                                      const std::filesystem::path& directory,
                                                      const std::vector<segment_name>& indexes,
                                                      const segment_header* last_header, lsn last);

/// Which producer's sequence stands where.
using stamped_records = std::pair<producer_stamp, sequence_known>;

/// Collects the producers of a scan; those past the last mark apart.
class producer_collector final : public scan_observer {
public:
  bool on_batch(const batch_header& header, std::string_view frame,
                std::uint64_t byte_offset) override;
  void on_mark(const mark& found) override;

  std::vector<stamped_records> marked;
  std::vector<stamped_records> unmarked;
};

/// The stamps of one batch; nothing when its body is malformed.
std::optional<std::vector<stamped_records>> producers_of(const batch_header& header,
                                                         std::string_view frame);

} // namespace sluice::persistence
