#include "persistence/segment_factory.hpp"

#include <algorithm>

namespace sluice::persistence {

namespace {

/// Written ahead of small groups in a segment that nobody could fill before.
constexpr std::uint64_t fill_ahead_bytes = 128 * 1024;

/// What a reserve has beyond the group: the marks of a log that stays on a full volume.
constexpr std::uint64_t reserve_slack_bytes = 64 * mark_bytes;

std::uint64_t bytes_to_rewrite(std::uint64_t group_bytes) {
  return segment_header_bytes + group_bytes + reserve_slack_bytes;
}

std::string_view zeros_to_fill_with() {
  static const std::string zeros(fill_ahead_bytes, '\0');
  return zeros;
}

} // namespace

live_segment::live_segment(std::filesystem::path path, std::unique_ptr<file> opened,
                           segment_header header, std::uint64_t next_offset, lsn last,
                           std::uint64_t index_interval_bytes)
    : path_(std::move(path))
    , file_(std::move(opened))
    , header_(std::move(header))
    , next_offset_(next_offset)
    , last_(last)
    , index_(index_interval_bytes) {}

caf::error live_segment::write_synced(std::span<const std::string_view> parts) {
  std::uint64_t bytes = 0;
  for (auto part : parts)
    bytes += part.size();
  auto end = next_offset_ + bytes;
  std::vector<std::string_view> written{parts.begin(), parts.end()};
  if (end > filled_through_) {
    auto ahead = bytes < fill_ahead_bytes ? std::min(fill_ahead_bytes, header_.capacity - end) : 0;
    if (ahead > 0)
      written.push_back(zeros_to_fill_with().substr(0, ahead));
    filled_through_ = end + ahead;
  }
  if (auto err = file_->write_at(next_offset_, written))
    return err;
  if (auto err = file_->sync_data())
    return err;
  ++writes_;
  next_offset_ = end;
  written_bytes_ += bytes;
  return {};
}

void live_segment::restore_index(const std::vector<index_entry>& entries) {
  for (const auto& entry : entries)
    index_.add(entry);
}

void live_segment::note_batch(const index_entry& batch, lsn last) {
  index_.add(batch);
  last_ = last;
}

segment_index live_segment::make_index(digest tail_digest, sluice::term last_term,
                                       std::string producers) const {
  return {header_.salt,     header_.first,       last_,     header_.generation,
          next_offset_,     tail_digest,         last_term, header_.timeline,
          index_.entries(), std::move(producers)};
}

segment_factory::segment_factory(vfs& disk, std::filesystem::path directory, spool_options options,
                                 std::string cluster, spool_environment environment)
    : disk_(disk)
    , directory_(std::move(directory))
    , options_(options)
    , cluster_(std::move(cluster))
    , environment_(environment)
    , next_salt_(environment.random->next()) {}

std::uint64_t segment_factory::ready_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& segment : ready_)
    bytes += segment.bytes;
  return bytes;
}

caf::expected<blank_segment> segment_factory::acquire(std::uint64_t group_bytes) {
  constexpr std::uint64_t block = 4096;
  auto needed = segment_header_bytes + group_bytes + 2 * mark_bytes;
  auto bytes = std::max(options_.segment_bytes, (needed + block - 1) / block * block);
  if (bytes > segment_bytes_max)
    return make_error(errc::too_large, "roll: a segment of " + std::to_string(bytes) + " bytes");
  while (!ready_.empty()) {
    auto segment = ready_.back();
    auto opened = disk_.open(segment.path, open_mode::read_write);
    // Nothing is wrong with it: it is for later.
    if (!opened && code_of(opened.error()) == errc::overloaded)
      return opened.error();
    ready_.pop_back();
    auto size = opened ? (*opened)->size() : caf::expected<std::uint64_t>{opened.error()};
    if (size && *size >= bytes && *size <= segment_bytes_max)
      return blank_segment{segment.path, std::move(*opened), *size, true};
  }
  auto path = directory_ / unfinished_file_name(prepared_file_name(0));
  auto is_there = disk_.exists(path);
  if (!is_there)
    return is_there.error();
  if (*is_there)
    if (auto err = disk_.remove(path))
      return err;
  auto opened = disk_.open(path, open_mode::create_exclusive);
  if (!opened)
    return opened.error();
  if (auto err = (*opened)->allocate(bytes)) {
    opened->reset();
    auto removed = disk_.remove(path);
    return removed ? make_error(code_of(err), describe(err) + "; " + describe(removed)) : err;
  }
  return blank_segment{path, std::move(*opened), bytes, false};
}

/// Grows by doubling, so that it is seldom asked of the disk.
caf::error segment_factory::ensure_reserve(std::uint64_t group_bytes) {
  auto needed = bytes_to_rewrite(group_bytes);
  if (needed <= reserve_bytes_)
    return {};
  auto path = directory_ / reserve_file_name;
  auto is_there = disk_.exists(path);
  if (!is_there)
    return is_there.error();
  auto opened = disk_.open(path, *is_there ? open_mode::read_write : open_mode::create_exclusive);
  if (!opened)
    return opened.error();
  auto size = (*opened)->size();
  if (!size)
    return size.error();
  auto bytes = std::max(*size, std::min(options_.reserve_bytes, options_.segment_bytes));
  while (bytes < needed)
    bytes *= 2;
  // Also what has its size already: a copied directory may have holes.
  if (auto err = (*opened)->allocate(bytes))
    return err;
  if (auto err = (*opened)->sync_data())
    return err;
  if (auto err = disk_.sync_directory(directory_))
    return err;
  reserve_bytes_ = bytes;
  return {};
}

caf::expected<blank_segment> segment_factory::acquire_to_rewrite(std::uint64_t group_bytes) {
  auto blank = acquire(group_bytes);
  if (blank || code_of(blank.error()) != errc::no_space)
    return blank;
  auto path = directory_ / reserve_file_name;
  auto is_there = disk_.exists(path);
  if (!is_there)
    return is_there.error();
  if (*is_there) {
    auto opened = disk_.open(path, open_mode::read_write);
    auto size = opened ? (*opened)->size() : caf::expected<std::uint64_t>{opened.error()};
    if (!size)
      return size.error();
    if (*size >= bytes_to_rewrite(group_bytes) && *size <= segment_bytes_max) {
      reserve_bytes_ = 0;
      return blank_segment{path, std::move(*opened), *size, false};
    }
  }
  auto needed = std::max(options_.segment_bytes, bytes_to_rewrite(group_bytes));
  return make_error(errc::no_space, describe(blank.error()) + "; the end of the log in "
                                        + directory_.string() + " has to be written again into "
                                        + std::to_string(needed)
                                        + " bytes: free so much on its volume");
}

caf::expected<std::unique_ptr<live_segment>>
segment_factory::publish(blank_segment blank, segment_header header,
                         std::span<const std::string_view> group) {
  header.cluster = cluster_;
  header.capacity = blank.bytes;
  header.salt = next_salt_;
  header.created_at = environment_.clock->now();
  next_salt_ = environment_.random->next();
  if (const auto* reason = why_invalid(header))
    return make_error(errc::invalid_argument, std::string{"roll: "} + reason);
  auto front = encode(header);
  std::vector<std::string_view> parts{front};
  parts.insert(parts.end(), group.begin(), group.end());
  auto path = directory_ / segment_file_name({header.first, header.generation});
  auto last = previous(header.first);
  auto segment = std::make_unique<live_segment>(path, std::move(blank.opened), std::move(header), 0,
                                                last, options_.index_interval_bytes);
  if (blank.is_filled)
    segment->set_filled_through(blank.bytes);
  if (auto err = segment->write_synced(parts))
    return err;
  if (auto err = disk_.rename(blank.path, path))
    return err;
  if (auto err = disk_.sync_directory(directory_))
    return err;
  return segment;
}

} // namespace sluice::persistence
