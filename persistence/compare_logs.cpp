#include "persistence/inspect.hpp"
#include "persistence/spool_reader.hpp"
#include "persistence/verify.hpp"

#include <algorithm>
#include <deque>

namespace sluice::persistence {

namespace {

/// The batches of one log, one at a time.
class batch_stream {
public:
  static caf::expected<batch_stream> open(vfs& disk, const std::filesystem::path& directory,
                                          lsn after, lsn through) {
    auto reader = spool_reader::open(disk, directory);
    if (!reader)
      return reader.error();
    batch_stream stream;
    stream.reader_ = std::move(*reader);
    stream.after_ = after;
    stream.through_ = through;
    return stream;
  }

  /// Nothing at the end.
  caf::expected<std::optional<frame_batch>> take() {
    if (batches_.empty() && after_ < through_) {
      auto read = reader_->read_batches(after_, through_, {});
      if (!read)
        return read.error();
      batches_.assign(read->begin(), read->end());
    }
    if (batches_.empty())
      return std::optional<frame_batch>{};
    auto batch = std::move(batches_.front());
    batches_.pop_front();
    after_ = batch.last;
    return std::optional{std::move(batch)};
  }

private:
  std::unique_ptr<spool_reader> reader_;
  lsn after_;
  lsn through_;
  std::deque<frame_batch> batches_;
};

/// The first LSN at which two batches differ; that of the batch when only their framing does.
caf::expected<lsn> first_difference(const frame_batch& a, const frame_batch& b) {
  auto in_a = decode_records(a, no_lsn, a.last);
  if (!in_a)
    return in_a.error();
  auto in_b = decode_records(b, no_lsn, b.last);
  if (!in_b)
    return in_b.error();
  auto first = std::max(a.first, b.first);
  if (a.first != b.first)
    return first;
  auto differ = std::mismatch(in_a->begin(), in_a->end(), in_b->begin(), in_b->end());
  if (differ.first != in_a->end())
    return differ.first->lsn;
  return differ.second != in_b->end() ? differ.second->lsn : first;
}

} // namespace

caf::expected<log_comparison> compare_logs(vfs& disk, const std::filesystem::path& a,
                                           const std::filesystem::path& b,
                                           const work_progress& on_progress) {
  auto extent_a = find_extent(disk, a);
  if (!extent_a)
    return extent_a.error();
  auto extent_b = find_extent(disk, b);
  if (!extent_b)
    return extent_b.error();
  for (const auto* extent : {&*extent_a, &*extent_b})
    if (extent->cut_by)
      return to_error(*extent->cut_by, "compare");
  log_comparison result;
  auto oldest = std::max(extent_a->oldest, extent_b->oldest);
  auto last = std::min(extent_a->last, extent_b->last);
  if (oldest == no_lsn || last < oldest)
    return result;
  result.first = oldest;
  result.last = last;
  auto stream_a = batch_stream::open(disk, a, previous(oldest), last);
  if (!stream_a)
    return stream_a.error();
  auto stream_b = batch_stream::open(disk, b, previous(oldest), last);
  if (!stream_b)
    return stream_b.error();
  for (;;) {
    auto batch_a = stream_a->take();
    if (!batch_a)
      return batch_a.error();
    auto batch_b = stream_b->take();
    if (!batch_b)
      return batch_b.error();
    if (!*batch_a || !*batch_b)
      return result;
    if (**batch_a != **batch_b) {
      auto where = first_difference(**batch_a, **batch_b);
      if (!where)
        return where.error();
      result.first_difference = *where;
      return result;
    }
    if (on_progress)
      on_progress(distance(previous(oldest), (*batch_a)->last), distance(previous(oldest), last));
  }
}

} // namespace sluice::persistence
