#include "persistence/segment_file.hpp"

#include "persistence/batch_body.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace sluice::persistence {

namespace {

/// Far above what the largest segment and producer table need.
constexpr std::uint64_t index_file_bytes_max = 256 * 1024 * 1024;

bool is_end_of(const mark& found, const segment_file& segment, const segment_index& index) {
  return found.kind == mark_kind::segment_end && found.salt == segment.header.salt
         && found.byte_offset == index.end_offset && found.durable_through == index.last
         && found.tail_digest == index.tail_digest;
}

} // namespace

caf::expected<segment_file> open_segment(vfs& disk, const std::filesystem::path& directory,
                                         segment_name name, std::optional<std::string> cluster) {
  segment_file segment;
  segment.path = directory / segment_file_name(name);
  auto opened = disk.open(segment.path, open_mode::read);
  if (!opened)
    return opened.error();
  segment.bytes = std::move(*opened);
  auto file_bytes = segment.bytes->size();
  if (!file_bytes)
    return file_bytes.error();
  segment.file_bytes = *file_bytes;
  std::array<char, 4096> front;
  auto got = segment.bytes->read_at(0, front);
  if (!got)
    return got.error();
  auto header = decode_segment_header({front.data(), *got});
  if (!header) {
    auto found = segment.damaged(0, name.first, describe(header.error()));
    found.code = code_of(header.error());
    return to_error(found, "open_segment");
  }
  segment.header = std::move(*header);
  // An imported segment belongs to the cluster of its directory, which has that in node_state.
  if (cluster && !segment.header.cluster.empty() && *cluster != segment.header.cluster)
    return make_error(errc::wrong_cluster, "open_segment: " + segment.path.string()
                                               + ": belongs to cluster \"" + segment.header.cluster
                                               + "\"");
  if (segment.name() != name)
    return to_error(segment.damaged(0, name.first, "header belongs to another segment"),
                    "open_segment");
  if (segment.file_bytes < segment.header.capacity)
    return to_error(
        segment.damaged(segment.file_bytes, name.first, "file is shorter than its header says"),
        "open_segment");
  return segment;
}

caf::expected<std::optional<segment_index>> load_index_file(vfs& disk,
                                                            const std::filesystem::path& path) {
  auto none = std::optional<segment_index>{};
  auto is_there = disk.exists(path);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return none;
  auto bytes = read_file(disk, path, index_file_bytes_max);
  if (!bytes)
    return code_of(bytes.error()) == errc::corruption
               ? caf::expected<std::optional<segment_index>>{none}
               : bytes.error();
  auto index = decode_segment_index(*bytes);
  if (index)
    return std::optional{std::move(*index)};
  if (code_of(index.error()) == errc::unknown_version)
    return make_error(errc::unknown_version, path.string() + ": " + describe(index.error()));
  return none;
}

caf::expected<std::optional<segment_index>> load_index(vfs& disk, segment_file& segment) {
  auto path = segment.path.parent_path() / index_file_name(segment.name());
  auto index = load_index_file(disk, path);
  if (!index || !*index || !(*index)->is_of(segment.header))
    return index ? caf::expected<std::optional<segment_index>>{std::optional<segment_index>{}}
                 : index.error();
  std::array<char, mark_bytes> end;
  auto got = segment.bytes->read_at((*index)->end_offset, end);
  if (!got)
    return got.error();
  auto found = decode_mark({end.data(), *got});
  if (!found || !is_end_of(*found, segment, **index))
    return std::optional<segment_index>{};
  return index;
}

caf::expected<std::optional<base_index>> find_base_index(vfs& disk,
                                                         const std::filesystem::path& directory,
                                                         const std::vector<segment_name>& indexes,
                                                         const segment_header& first_segment) {
  std::optional<base_index> found;
  for (auto name : indexes) {
    if (name.first >= first_segment.first)
      continue;
    auto index = load_index_file(disk, directory / index_file_name(name));
    if (!index)
      return index.error();
    if (*index && next((*index)->last) == first_segment.first
        && (*index)->tail_digest == first_segment.previous_digest)
      found = base_index{name, std::move(**index)};
  }
  return found;
}

bool has_unknown_past(const segment_header& first_segment) {
  return first_segment.first > lsn{1} && first_segment.previous_digest != digest{};
}

caf::expected<std::optional<damage>> find_missing_end(vfs& disk,
                                                      const std::filesystem::path& directory,
                                                      const std::vector<segment_name>& indexes,
                                                      const segment_header* last_header, lsn last) {
  std::optional<damage> found;
  for (auto name : indexes) {
    if (last_header && name.first < last_header->first)
      continue;
    auto index = load_index_file(disk, directory / index_file_name(name));
    if (!index)
      return index.error();
    if (!*index || (*index)->first != name.first || (*index)->generation != name.generation)
      continue;
    auto is_of_last = last_header && (*index)->is_of(*last_header);
    if (last_header && !is_of_last && (*index)->last <= last)
      continue;
    // Without any segment the index may be that of the last pruned one: only what came after
    // it is missing for certain.
    auto missing =
        last_header && !is_of_last ? name : segment_name{next((*index)->last), name.generation};
    if (!found || !last_header || missing.first == found->lsn)
      found =
          damage{directory / segment_file_name(missing), 0, missing.first,
                 "this segment is missing: " + index_file_name(name) + " proves that it was there"};
  }
  return found;
}

std::optional<std::vector<stamped_records>> producers_of(const batch_header& header,
                                                         std::string_view frame) {
  std::vector<stamped_records> stamps;
  batch_body body{header, frame};
  while (auto append = body.next_append())
    if (append->producer)
      stamps.push_back({{std::string{*append->producer}, append->sequence},
                        {{append->first, append->last()}, header.term, header.timeline}});
  if (!body.is_complete())
    return std::nullopt;
  return stamps;
}

bool producer_collector::on_batch(const batch_header& header, std::string_view frame,
                                  std::uint64_t) {
  auto stamps = producers_of(header, frame);
  if (!stamps)
    return false;
  std::move(stamps->begin(), stamps->end(), std::back_inserter(unmarked));
  return true;
}

void producer_collector::on_mark(const mark&) {
  std::move(unmarked.begin(), unmarked.end(), std::back_inserter(marked));
  unmarked.clear();
}

} // namespace sluice::persistence
