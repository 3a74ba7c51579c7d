#pragma once

#include <sluice/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::persistence {

/// What the file name of a segment says.
struct segment_name {
  lsn first;
  std::uint32_t generation = 1;
  friend auto operator<=>(const segment_name&, const segment_name&) = default;
};

/// Of the index that stands for all that was before a log that began anew: no segment has it.
inline constexpr std::uint32_t told_generation = 0;

/// `00000000000000000042-00000003.seg`
std::string segment_file_name(segment_name name);
std::string index_file_name(segment_name name);
/// A pruned segment that waits to be written again.
std::string recycled_file_name(segment_name name);
/// A pruned segment that waits to be unlinked.
std::string discarded_file_name(segment_name name);
/// A segment of full size that was never used.
std::string prepared_file_name(std::uint32_t number);
/// Room for the end of the log to be written again into when the volume is full.
inline constexpr const char* reserve_file_name = "reserve";
/// What a file that is being made is called until it is renamed.
std::string unfinished_file_name(std::string_view name);

std::optional<segment_name> parse_segment_file_name(std::string_view file_name);
std::optional<segment_name> parse_index_file_name(std::string_view file_name);

/// The files of a log's directory, by what they are. Unknown names are left alone.
struct log_files {
  /// Sorted by first LSN; those that a newer generation replaced are apart.
  std::vector<segment_name> segments;
  std::vector<segment_name> superseded;
  std::vector<segment_name> indexes;
  /// Prepared and recycled segments.
  std::vector<std::string> ready;
  /// Large files that wait to be unlinked.
  std::vector<std::string> discarded;
  /// What was being made when the node died.
  std::vector<std::string> unfinished;
};

/// The position of the segment that holds the oldest LSN; those before it are the rest of a
/// prune (FORMAT.md, what opening decides). Nothing when that segment is missing.
/// @param segments as `log_files` has them
std::optional<std::size_t> first_kept(const std::vector<segment_name>& segments, lsn oldest);

log_files classify(const std::vector<std::string>& names);

} // namespace sluice::persistence
