#include "persistence/durable_spool.hpp"

#include "persistence/batch_body.hpp"
#include "persistence/file_window.hpp"

#include <algorithm>

namespace sluice::persistence {

namespace {

/// Groups of more than this don't need a segment whose blocks were written before.
constexpr std::uint64_t prepared_write_bytes_max = 512 * kibibyte;

} // namespace

/// A batch of another node after it was checked here, with the producers in it.
struct durable_spool::checked_batch {
  const frame_batch* batch = nullptr;
  std::vector<stamped_records> stamps;
};

durable_spool::durable_spool(vfs& disk, std::filesystem::path directory, spool_options options,
                             spool_identity identity, spool_environment environment)
    : disk_(disk)
    , directory_(std::move(directory))
    , options_(options)
    , factory_(disk, directory_, options, std::move(identity.cluster), environment)
    , producers_(options.producers) {}

/// By the positions: when a step of a roll has failed, no segment may be known that holds them.
bool durable_spool::has_records() const {
  return last_ >= oldest_ && last_ != no_lsn;
}

lsn durable_spool::oldest_lsn() const {
  return has_records() ? oldest_ : next(last_);
}

std::uint64_t durable_spool::retained_bytes() const {
  auto bytes = live_ ? live_->header().capacity : 0;
  for (const auto& segment : closed_)
    bytes += segment.bytes;
  return bytes;
}

std::vector<replication::segment_extent> durable_spool::segments() const {
  std::vector<replication::segment_extent> extents;
  auto first = oldest_;
  for (const auto& segment : closed_) {
    if (segment.last >= first)
      extents.push_back({first, segment.last, segment.bytes, segment.begun_at});
    first = std::max(first, next(segment.last));
  }
  if (live_ && last_ >= first)
    extents.push_back({first, last_, live_->next_offset(), live_->header().created_at});
  return extents;
}

caf::error durable_spool::check_writable() const {
  if (failure_)
    return make_error(errc::log_failed, *failure_);
  return is_closed_ ? make_error(errc::closed, "the log is closed") : caf::error{};
}

caf::error durable_spool::latch(const caf::error& cause) {
  failure_ = describe(cause);
  failure_code_ = code_of(cause);
  return make_error(errc::log_failed, *failure_);
}

caf::error durable_spool::latch_if(const caf::error& cause) {
  return cause ? latch(cause) : caf::error{};
}

durable_spool::mark_block durable_spool::make_mark(mark_kind kind,
                                                   const live_segment& segment) const {
  mark_block block;
  persistence::mark value;
  value.kind = kind;
  value.salt = segment.header().salt;
  value.durable_through = last_;
  value.tail_digest = tail_digest_;
  value.oldest = oldest_;
  value.byte_offset = segment.next_offset();
  encode(value, block.data());
  return block;
}

void durable_spool::advance(const frame_batch& batch, std::uint64_t byte_offset,
                            std::span<const stamped_records> stamps) {
  live_->note_batch({batch.first, byte_offset, batch.previous_digest}, batch.last);
  last_ = batch.last;
  tail_digest_ = batch.tail_digest;
  last_term_ = batch.term;
  last_timeline_ = batch.timeline;
  last_frame_mark_.reset();
  for (const auto& [stamp, where] : stamps)
    producers_.remember(stamp, where);
}

caf::expected<frame_batch> durable_spool::append(std::span<const append_entry> entries,
                                                 sluice::term current, timeline_id timeline) {
  if (auto err = check_writable())
    return err;
  auto encoded = encode_batch(entries, {next(last_), current, timeline, tail_digest_}, mark_bytes);
  if (!encoded)
    return encoded.error();
  if (auto err = ensure_room(encoded->block_bytes(), current, timeline))
    return err;
  auto front = make_mark(mark_kind::group, *live_);
  std::copy(front.begin(), front.end(), encoded->block.get());
  auto byte_offset = live_->next_offset() + mark_bytes;
  std::string_view parts[] = {{encoded->block.get(), encoded->block_bytes()}};
  if (auto err = live_->write_synced(parts))
    return latch(err);
  std::vector<stamped_records> stamps;
  auto first = encoded->batch.first;
  for (const auto& entry : entries) {
    auto last = last_of(first, entry.records.size());
    if (entry.producer)
      stamps.push_back({*entry.producer, {{first, last}, current, timeline}});
    first = next(last);
  }
  advance(encoded->batch, byte_offset, stamps);
  return std::move(encoded->batch);
}

caf::expected<std::vector<durable_spool::checked_batch>>
durable_spool::check(std::span<const frame_batch> batches) const {
  std::vector<checked_batch> result;
  auto expected_first = next(last_);
  auto expected_digest = tail_digest_;
  for (const auto& batch : batches) {
    auto code = result.empty() ? errc::diverged : errc::corruption;
    if (batch.first != expected_first || batch.previous_digest != expected_digest)
      return make_error(code, "append_verbatim: batch " + to_string(batch.first)
                                  + " does not continue the history at "
                                  + to_string(expected_first));
    auto again = take_frame(batch.bytes, 0);
    if (!again || *again != batch)
      return make_error(errc::corruption,
                        "append_verbatim: batch " + to_string(batch.first) + " is damaged");
    auto header = decode_batch_header(batch.bytes.view());
    auto stamps = producers_of(*header, batch.bytes.view());
    if (!stamps)
      return make_error(errc::corruption,
                        "append_verbatim: batch " + to_string(batch.first) + " is malformed");
    result.push_back({&batch, std::move(*stamps)});
    expected_first = next(batch.last);
    expected_digest = batch.tail_digest;
  }
  return result;
}

caf::error durable_spool::append_verbatim(std::span<const frame_batch> batches) {
  if (auto err = check_writable())
    return err;
  auto checked = check(batches);
  if (!checked)
    return checked.error();
  // A group is one write into one segment: as many as fit the timeline and the room.
  auto rest = std::span<const checked_batch>{*checked};
  while (!rest.empty()) {
    const auto& front = *rest.front().batch;
    if (auto err = ensure_room(mark_bytes + front.bytes.size(), front.term, front.timeline))
      return err;
    auto bytes = std::uint64_t{mark_bytes};
    std::size_t count = 0;
    for (; count < rest.size(); ++count) {
      const auto& batch = *rest[count].batch;
      if (batch.timeline != front.timeline || !live_->has_room(bytes + batch.bytes.size(), 2))
        break;
      bytes += batch.bytes.size();
    }
    if (auto err = write_group(rest.first(count)))
      return err;
    rest = rest.subspan(count);
  }
  return {};
}

caf::error durable_spool::write_group(std::span<const checked_batch> group) {
  auto front = make_mark(mark_kind::group, *live_);
  std::vector<std::string_view> parts{{front.data(), front.size()}};
  for (const auto& entry : group)
    parts.push_back(entry.batch->bytes.view());
  auto byte_offset = live_->next_offset() + mark_bytes;
  if (auto err = live_->write_synced(parts))
    return latch(err);
  for (const auto& entry : group) {
    advance(*entry.batch, byte_offset, entry.stamps);
    byte_offset += entry.batch->bytes.size();
  }
  return {};
}

caf::error durable_spool::ensure_room(std::uint64_t group_bytes, sluice::term current,
                                      timeline_id timeline) {
  // What is written may have to be written again, on a volume that has filled up meanwhile.
  if (auto err = factory_.ensure_reserve(group_bytes))
    return err;
  // Behind any group there is room for an end mark, and for a last word before it.
  if (live_ && !must_roll_ && live_->header().timeline == timeline
      && live_->has_room(group_bytes, 2))
    return {};
  return roll(group_bytes, current, timeline);
}

caf::error durable_spool::roll(std::uint64_t group_bytes, sluice::term current,
                               timeline_id timeline) {
  // First, because nothing may have been written when there is no room.
  // The end of a segment that may not be whole on disk is written over its last mark, so
  // only once its successor cannot be lost; otherwise the end comes first.
  auto blank = factory_.acquire(group_bytes);
  if (!blank)
    return blank.error();
  auto header = next_header(current, timeline);
  auto is_ended_first = live_ && live_->has_records() && !must_roll_;
  if (is_ended_first)
    if (auto err = end_segment(*live_))
      return latch(err);
  auto segment = factory_.publish(std::move(*blank), header, {});
  if (!segment)
    return latch(segment.error());
  auto before = std::exchange(live_, std::move(*segment));
  last_frame_mark_.reset();
  if (rolls_since_asked_)
    ++*rolls_since_asked_;
  // Large groups gain less from blocks that were written before than writing every block
  // twice takes from them, and they roll faster than a reserve is made.
  if (!before || before->mean_write_bytes() < prepared_write_bytes_max)
    want_reserve();
  auto is_to_be_cut = std::exchange(must_roll_, false);
  if (is_ended_first)
    want_index();
  if (!before || is_ended_first)
    return {};
  if (is_to_be_cut && before->has_records()) {
    if (auto err = end_segment(*before))
      return latch(err);
    want_index();
    return {};
  }
  if (auto err = retire(before->name(), before->header().capacity))
    return latch(err);
  return latch_if(disk_.sync_directory(directory_));
}

segment_header durable_spool::next_header(sluice::term current, timeline_id timeline) const {
  segment_header header;
  header.timeline = timeline;
  header.term = current;
  header.first = next(last_);
  header.previous_digest = tail_digest_;
  header.oldest = oldest_;
  if (live_) {
    auto takes_over = must_roll_ || !live_->has_records();
    header.generation = live_->header().generation + (takes_over ? 1 : 0);
  }
  return header;
}

caf::error durable_spool::end_segment(live_segment& segment) {
  auto index_at_end = segment.make_index(tail_digest_, last_term_, producers_.snapshot());
  auto block = make_mark(mark_kind::segment_end, segment);
  std::string_view parts[] = {{block.data(), block.size()}};
  if (auto err = segment.write_synced(parts))
    return err;
  auto index = std::make_shared<const std::string>(encode(index_at_end));
  const auto& header = segment.header();
  closed_.push_back(
      {segment.name(), header.capacity, segment.last(), header.created_at, std::move(index)});
  return {};
}

/// Only once the segment after it cannot be lost: an index proves that there was one.
void durable_spool::want_index() {
  const auto& segment = closed_.back();
  chores_.push_back(
      write_index{directory_ / index_file_name(segment.name), segment.unwritten_index});
}

caf::error durable_spool::write_mark(mark_kind kind, std::size_t marks_after) {
  if (must_roll_ || !live_->has_room(mark_bytes, marks_after))
    if (auto err = roll(0, live_->header().term, live_->header().timeline))
      return err;
  auto block = make_mark(kind, *live_);
  std::string_view parts[] = {{block.data(), block.size()}};
  if (auto err = live_->write_synced(parts))
    return latch(err);
  last_frame_mark_ = kind;
  return {};
}

caf::error durable_spool::mark() {
  if (auto err = check_writable())
    return err;
  if (!live_ || must_roll_ || last_frame_mark_)
    return {};
  want_reserve();
  return write_mark(mark_kind::idle, 2);
}

caf::error durable_spool::close() {
  if (auto err = check_writable())
    return err;
  is_closed_ = true;
  if (!live_ || last_frame_mark_ == mark_kind::clean_close)
    return {};
  auto is_as_it_was_found = must_roll_;
  auto err = write_mark(mark_kind::clean_close, 1);
  // Without a word of it the next open finds what this one found.
  return is_as_it_was_found && code_of(err) == errc::no_space ? caf::error{} : err;
}

caf::error durable_spool::start_at(lsn first, digest before, sluice::term last_term,
                                   std::string_view producers) {
  if (auto err = check_writable())
    return err;
  if (has_records() || first == no_lsn)
    return make_error(errc::invalid_argument, "start_at: the log holds records, or LSN 0");
  // Before the segment: an index alone would prove that one is missing.
  if (auto err = remove_indexes())
    return latch(err);
  if (live_) {
    // Away first: otherwise a crash leaves two segments with a gap between them.
    if (auto err = retire(live_->name(), live_->header().capacity))
      return latch(err);
    if (auto err = disk_.sync_directory(directory_))
      return latch(err);
    live_.reset();
    must_roll_ = false;
  }
  last_ = previous(first);
  tail_digest_ = before;
  oldest_ = first;
  last_term_ = last_term;
  auto knows_past = first > lsn{1} && producers_.restore(producers, producer_format::runs);
  if (!knows_past && before != digest{})
    producers_.begin_without_past();
  if (auto err = roll(0, last_term_, last_timeline_))
    return err;
  return knows_past ? write_base_index() : caf::error{};
}

/// As though the log had been pruned to here behind a segment of one record. After the segment
/// that begins here: an index alone would prove that one is missing.
caf::error durable_spool::write_base_index() {
  segment_index index;
  index.first = last_;
  index.last = last_;
  index.generation = told_generation;
  index.tail_digest = tail_digest_;
  index.last_term = last_term_;
  index.last_timeline = last_timeline_;
  index.producers = producers_.snapshot();
  segment_name name{index.first, index.generation};
  if (auto err = write_file(disk_, directory_ / index_file_name(name), encode(index)))
    return latch(err);
  base_index_ = name;
  return {};
}

caf::error durable_spool::remove_indexes() {
  std::erase_if(chores_, [](const chore& one) { return std::holds_alternative<write_index>(one); });
  base_index_.reset();
  auto names = disk_.list(directory_);
  if (!names)
    return names.error();
  auto indexes = classify(*names).indexes;
  for (auto name : indexes)
    if (auto err = disk_.remove(directory_ / index_file_name(name)))
      return err;
  return indexes.empty() ? caf::error{} : disk_.sync_directory(directory_);
}

} // namespace sluice::persistence
