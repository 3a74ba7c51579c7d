#include "persistence/spool_reader.hpp"

#include "persistence/segment_view.hpp"

#include <algorithm>
#include <deque>

namespace sluice::persistence {

namespace {

constexpr std::size_t open_segments_max = 4;
/// The log moves on under a reader (rolls, prunes, rewrites): what failed on an old
/// listing is tried again on a new one.
constexpr int attempts_max = 3;

class log_reader final : public spool_reader {
public:
  log_reader(vfs& disk, std::filesystem::path directory)
      : disk_(disk), directory_(std::move(directory)) {}

  caf::error refresh();
  caf::expected<std::vector<frame_batch>> read_batches(lsn after, lsn through,
                                                       read_limits limits) override;
  caf::expected<std::optional<digest>> digest_at(lsn position, lsn through) override;
  caf::expected<std::optional<term>> term_at(lsn position, lsn through) override;

private:
  caf::expected<segment_view*> view_of(lsn position);
  caf::expected<segment_view*> view_of(segment_name name);
  caf::error missing(lsn position) const;
  caf::expected<std::vector<frame_batch>> try_read(lsn after, lsn through, read_limits limits);
  /// What precedes `next(position)`.
  struct boundary {
    digest history;
    sluice::term last_term;
  };
  caf::expected<std::optional<boundary>> try_boundary(lsn position);
  caf::expected<std::optional<boundary>> boundary_at(lsn position, lsn through);

  template <class Try>
  auto with_fresh_listing(Try attempt) -> decltype(attempt()) {
    auto result = attempt();
    for (int i = 1; !result && i < attempts_max; ++i) {
      if (auto err = refresh())
        return err;
      result = attempt();
    }
    return result;
  }

  struct cursor {
    segment_name segment;
    read_position next;
  };

  vfs& disk_;
  std::filesystem::path directory_;
  std::vector<segment_name> names_;
  /// The one that was used last comes first.
  std::deque<std::unique_ptr<segment_view>> views_;
  std::optional<cursor> cursor_;
};

caf::error log_reader::refresh() {
  auto names = disk_.list(directory_);
  if (!names)
    return names.error();
  names_ = classify(*names).segments;
  views_.clear();
  cursor_.reset();
  return {};
}

caf::error log_reader::missing(lsn position) const {
  if (!names_.empty() && position >= names_.front().first)
    return make_error(errc::corruption, "read: " + directory_.string() + ": lsn="
                                            + to_string(position) + " is not in the log");
  return make_error(errc::pruned,
                    "read: " + to_string(position) + " is not kept; the oldest is "
                        + (names_.empty() ? "none" : to_string(names_.front().first)));
}

caf::expected<segment_view*> log_reader::view_of(segment_name name) {
  auto found = std::find_if(views_.begin(), views_.end(),
                            [&](const auto& view) { return view->name() == name; });
  if (found == views_.end()) {
    auto opened = segment_view::open(disk_, directory_, name);
    if (!opened)
      return opened.error();
    views_.push_front(std::move(*opened));
    if (views_.size() > open_segments_max)
      views_.pop_back();
  } else {
    std::rotate(views_.begin(), found, std::next(found));
  }
  return views_.front().get();
}

caf::expected<segment_view*> log_reader::view_of(lsn position) {
  auto after = std::find_if(names_.begin(), names_.end(),
                            [&](segment_name name) { return name.first > position; });
  if (after == names_.begin())
    return missing(position);
  return view_of(*std::prev(after));
}

caf::expected<std::vector<frame_batch>> log_reader::read_batches(lsn after, lsn through,
                                                                 read_limits limits) {
  if (through <= after)
    return std::vector<frame_batch>{};
  return with_fresh_listing([&] { return try_read(after, through, limits); });
}

caf::expected<std::vector<frame_batch>> log_reader::try_read(lsn after, lsn through,
                                                             read_limits limits) {
  std::vector<frame_batch> batches;
  auto wanted = next(after);
  while (wanted <= through) {
    auto is_sequential = cursor_ && cursor_->next.first == wanted;
    auto view = is_sequential ? view_of(cursor_->segment) : view_of(wanted);
    if (!view)
      return view.error();
    auto at = is_sequential ? caf::expected<std::optional<read_position>>{cursor_->next}
                            : (*view)->seek(wanted);
    if (!at)
      return at.error();
    if (!*at)
      return missing(wanted);
    auto read = (*view)->read(**at, through, limits);
    if (!read)
      return read.error();
    batches = std::move(read->batches);
    cursor_ = cursor{(*view)->name(), read->next};
    // An end mark and nothing before it: the next segment is found by its name.
    if (!read->is_at_end || !batches.empty())
      break;
    cursor_.reset();
  }
  return batches;
}

caf::expected<std::optional<digest>> log_reader::digest_at(lsn position, lsn through) {
  auto found = boundary_at(position, through);
  if (!found)
    return found.error();
  return *found ? std::optional{(*found)->history} : std::optional<digest>{};
}

caf::expected<std::optional<term>> log_reader::term_at(lsn position, lsn through) {
  auto found = boundary_at(position, through);
  if (!found)
    return found.error();
  return *found ? std::optional{(*found)->last_term} : std::optional<term>{};
}

caf::expected<std::optional<log_reader::boundary>> log_reader::boundary_at(lsn position,
                                                                           lsn through) {
  if (position > through)
    return std::optional<boundary>{};
  return with_fresh_listing([&] { return try_boundary(position); });
}

caf::expected<std::optional<log_reader::boundary>> log_reader::try_boundary(lsn position) {
  auto begins_after = std::find_if(names_.begin(), names_.end(),
                                   [&](segment_name name) { return name.first == next(position); });
  if (begins_after != names_.end()) {
    auto view = view_of(*begins_after);
    if (!view)
      return view.error();
    const auto& header = (*view)->header();
    // The term of nothing is none.
    return std::optional{
        boundary{header.previous_digest, position == no_lsn ? term{} : header.term}};
  }
  if (position == no_lsn && names_.empty())
    return std::optional{boundary{}};
  auto view = view_of(position);
  if (!view)
    return view.error();
  auto at = (*view)->seek(position);
  if (!at)
    return at.error();
  if (!*at)
    return missing(position);
  auto read = (*view)->read(**at, position, {0, 1});
  if (!read)
    return read.error();
  if (read->batches.empty() || read->batches.front().last != position)
    return std::optional<boundary>{};
  const auto& batch = read->batches.front();
  return std::optional{boundary{batch.tail_digest, batch.term}};
}

} // namespace

caf::expected<std::unique_ptr<spool_reader>> spool_reader::open(vfs& disk,
                                                                std::filesystem::path directory) {
  auto reader = std::make_unique<log_reader>(disk, std::move(directory));
  if (auto err = reader->refresh())
    return err;
  return std::unique_ptr<spool_reader>{std::move(reader)};
}

} // namespace sluice::persistence
