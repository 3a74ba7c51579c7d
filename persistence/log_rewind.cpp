#include "persistence/log_rewind.hpp"

#include "persistence/diverged_tails.hpp"
#include "persistence/segment_factory.hpp"
#include "persistence/segment_file.hpp"
#include "persistence/spool_reader.hpp"

#include <algorithm>
#include <array>

namespace sluice::persistence {

namespace {

/// What is copied is read and written in pieces of so many bytes, each a segment.
constexpr std::uint64_t copied_bytes_max = 4 * mebibyte;
constexpr std::uint64_t block_bytes = 4096;

using mark_block = std::array<char, mark_bytes>;

std::string_view view_of(const mark_block& block) {
  return {block.data(), block.size()};
}

/// Whether this log holds the history that it is to be cut to.
caf::error check_history(vfs& disk, const std::filesystem::path& directory, lsn through, digest at,
                         lsn last) {
  auto reader = spool_reader::open(disk, directory);
  if (!reader)
    return reader.error();
  auto own = (*reader)->digest_at(through, last);
  if (!own)
    return own.error();
  if (!*own || **own != at)
    return make_error(errc::diverged,
                      "rewind: " + directory.string() + ": the history through LSN "
                          + to_string(through)
                          + (*own ? " is another than the primary's" : " ends within a batch"));
  return {};
}

class rewinding {
public:
  rewinding(const log_place& place, const log_rewind& intent)
      : place_(place)
      , intent_(intent)
      , folder_(diverged_folder(place.directory) / intent.kept_as) {}

  /// The log ends at `through` afterwards, and all that stood behind it is in the folder.
  caf::error run() {
    auto files = list();
    if (!files)
      return files.error();
    if (!is_cut(*files)) {
      // What is kept is durable before anything of the log is touched.
      if (auto err = copy_tail(*files))
        return err;
      if (auto err = take_indexes_away(*files))
        return err;
      if (auto err = cut(*files))
        return err;
    }
    return move_segments();
  }

private:
  caf::expected<log_files> list() {
    auto names = place_.disk.list(place_.directory);
    if (!names)
      return names.error();
    return classify(*names);
  }

  /// Where the segment that takes over is there, the log ends before it (FORMAT.md, generations).
  bool is_cut(const log_files& files) const {
    return std::any_of(files.segments.begin(), files.segments.end(), [&](segment_name name) {
      return name.first == next(intent_.through) && name.generation >= intent_.generation;
    });
  }

  bool is_behind(segment_name name) const {
    return name.first > intent_.through && name.generation < intent_.generation;
  }

  /// The segment whose end is cut off; none where `through` is the end of one.
  std::optional<segment_name> divided(const log_files& files) const {
    auto behind = std::find_if(files.segments.begin(), files.segments.end(),
                               [&](segment_name name) { return name.first > intent_.through; });
    if (behind == files.segments.begin()
        || (behind != files.segments.end() && behind->first == next(intent_.through)))
      return std::nullopt;
    return *std::prev(behind);
  }

  /// The last LSN of the segment that `through` stands in.
  lsn end_of_divided(const log_files& files) const {
    auto behind = std::find_if(files.segments.begin(), files.segments.end(),
                               [&](segment_name name) { return name.first > intent_.through; });
    return behind == files.segments.end() ? intent_.last
                                          : std::min(intent_.last, previous(behind->first));
  }

  /// Its records are another history's from the first one on.
  bool leaves_nothing() const { return intent_.through == no_lsn; }
  bool keeps_tail() const { return !intent_.kept_as.empty(); }

  /// Whatever an earlier try has left is a copy, or an index: it begins from the front.
  caf::error clear_folder() {
    if (auto err = place_.disk.create_directories(folder_))
      return err;
    auto names = place_.disk.list(folder_);
    if (!names)
      return names.error();
    for (const auto& name : *names)
      if (auto err = place_.disk.remove(folder_ / name))
        return err;
    return {};
  }

  caf::error copy_tail(const log_files& files) {
    if (!keeps_tail())
      return {};
    if (auto err = clear_folder())
      return err;
    auto reader = spool_reader::open(place_.disk, place_.directory);
    if (!reader)
      return reader.error();
    // As small as what is in it: this log is never written to.
    auto options = place_.options;
    options.segment_bytes = block_bytes;
    segment_factory factory{place_.disk, folder_, options, place_.identity.cluster,
                            place_.environment};
    auto copied = intent_.through;
    for (auto end = divided(files) ? end_of_divided(files) : copied; copied < end;) {
      auto batches = (*reader)->read_batches(copied, end, {copied_bytes_max});
      if (!batches)
        return batches.error();
      if (batches->empty())
        return make_error(errc::corruption, "rewind: " + place_.directory.string()
                                                + ": the log ends before LSN " + to_string(end));
      if (auto err = write_segment(factory, *batches))
        return err;
      copied = batches->back().last;
    }
    return write_end(factory, **reader,
                     std::max(next(intent_.through), files.segments.front().first));
  }

  /// An empty segment behind the last one: it says that this log begins at `first`, where the
  /// segments that are moved say where theirs began.
  caf::error write_end(segment_factory& factory, spool_reader& reader, lsn first) {
    auto batches = reader.read_batches(previous(intent_.last), intent_.last, {0, 1});
    if (!batches)
      return batches.error();
    if (batches->empty() || batches->back().last != intent_.last)
      return make_error(errc::corruption, "rewind: " + place_.directory.string()
                                              + ": the log does not end at LSN "
                                              + to_string(intent_.last));
    const auto& end = batches->back();
    segment_header header;
    header.timeline = end.timeline;
    header.term = end.term;
    header.first = next(intent_.last);
    header.generation = intent_.generation;
    header.previous_digest = end.tail_digest;
    header.oldest = first;
    auto blank = factory.acquire(0);
    if (!blank)
      return blank.error();
    auto published = factory.publish(std::move(*blank), std::move(header), {});
    return published ? caf::error{} : published.error();
  }

  caf::error write_segment(segment_factory& factory, const std::vector<frame_batch>& batches) {
    const auto& front = batches.front();
    segment_header header;
    header.timeline = front.timeline;
    header.term = front.term;
    header.first = front.first;
    header.previous_digest = front.previous_digest;
    header.oldest = next(intent_.through);
    mark begin{mark_kind::group,      factory.next_salt(), previous(front.first),
               front.previous_digest, header.oldest,       segment_header_bytes};
    mark end{mark_kind::segment_end,     begin.salt,    batches.back().last,
             batches.back().tail_digest, header.oldest, segment_header_bytes + mark_bytes};
    for (const auto& batch : batches)
      end.byte_offset += batch.bytes.size();
    mark_block begins;
    encode(begin, begins.data());
    mark_block ends;
    encode(end, ends.data());
    std::vector<std::string_view> group{view_of(begins)};
    for (const auto& batch : batches)
      group.push_back(batch.bytes.view());
    group.push_back(view_of(ends));
    auto blank = factory.acquire(end.byte_offset + mark_bytes);
    if (!blank)
      return blank.error();
    auto published = factory.publish(std::move(*blank), std::move(header), group);
    return published ? caf::error{} : published.error();
  }

  /// They say that the log goes on behind `through`, and what producers did there. Without them a
  /// segment is read instead.
  caf::error take_indexes_away(const log_files& files) {
    auto cut_one = divided(files);
    auto is_changed = false;
    for (auto name : files.indexes) {
      auto path = place_.directory / index_file_name(name);
      if (name != cut_one && name.first <= intent_.through)
        continue;
      auto err = name == cut_one ? place_.disk.remove(path) : take_away(index_file_name(name));
      if (err)
        return err;
      is_changed = true;
    }
    return is_changed ? sync() : caf::error{};
  }

  caf::error take_away(const std::string& file_name) {
    auto path = place_.directory / file_name;
    return keeps_tail() ? place_.disk.rename(path, folder_ / file_name) : place_.disk.remove(path);
  }

  /// One rename: before it the log is whole, after it it ends at `through`.
  caf::error cut(const log_files& files) {
    if (files.segments.empty()
        || (files.segments.front().first > next(intent_.through) && !leaves_nothing()))
      return make_error(errc::corruption, "rewind: " + place_.directory.string()
                                              + ": the log begins behind LSN "
                                              + to_string(intent_.through));
    auto before = divided(files).value_or(files.segments.front());
    auto neighbour = open_segment(place_.disk, place_.directory, before, place_.identity.cluster);
    if (!neighbour)
      return neighbour.error();
    segment_factory factory{place_.disk, place_.directory, place_.options, place_.identity.cluster,
                            place_.environment};
    for (const auto& name : files.ready)
      factory.offer({place_.directory / name, 0});
    auto blank = factory.acquire_to_rewrite(0);
    if (!blank)
      return blank.error();
    segment_header header;
    header.timeline = neighbour->header.timeline;
    header.term = neighbour->header.term;
    header.first = next(intent_.through);
    header.generation = intent_.generation;
    header.previous_digest = intent_.at;
    header.oldest = std::min(next(intent_.through), files.segments.front().first);
    auto published = factory.publish(std::move(*blank), std::move(header), {});
    return published ? caf::error{} : published.error();
  }

  /// Whole segments are not copied. They count no more in the log, and have to leave it before it
  /// is opened: there they would be written over.
  caf::error move_segments() {
    auto files = list();
    if (!files)
      return files.error();
    auto is_changed = false;
    for (const auto* names : {&files->segments, &files->superseded})
      for (auto name : *names) {
        if (!is_behind(name))
          continue;
        if (auto err = take_away(segment_file_name(name)))
          return err;
        is_changed = true;
      }
    return is_changed ? sync() : caf::error{};
  }

  caf::error sync() {
    if (keeps_tail())
      if (auto err = place_.disk.sync_directory(folder_))
        return err;
    return place_.disk.sync_directory(place_.directory);
  }

  const log_place& place_;
  const log_rewind& intent_;
  std::filesystem::path folder_;
};

} // namespace

caf::error plan_rewind(vfs& disk, const std::filesystem::path& directory, node_state_store& store,
                       node_state& state, lsn through, digest at, const rewound_log& log) {
  if (through >= log.durable || state.restart || state.rewind)
    return make_error(errc::invalid_argument,
                      "rewind: LSN " + to_string(through) + " is not within the log, which ends at "
                          + to_string(log.durable) + ", or it is being given up already");
  // What it holds begins where the histories had parted: there is no digest to compare.
  if (next(through) < log.oldest) {
    through = no_lsn;
    at = {};
  } else if (auto err = check_history(disk, directory, through, at, log.durable)) {
    return err;
  }
  auto name = log.durable < log.oldest ? caf::expected<std::string>{std::string{}}
                                       : unused_tail_name(disk, directory, log.last_term);
  if (!name)
    return name.error();
  auto names = disk.list(directory);
  if (!names)
    return names.error();
  // Closing the log may take one more.
  std::uint32_t generation = 2;
  auto files = classify(*names);
  for (auto segment : files.segments)
    generation = std::max(generation, segment.generation + 2);
  auto planned = state;
  planned.rewind = log_rewind{through, at, log.durable, generation, std::move(*name)};
  if (auto err = store.store(planned))
    return err;
  state = std::move(planned);
  return {};
}

caf::expected<std::unique_ptr<spool>> rewind_log(const log_place& place, node_state_store& store,
                                                 node_state& state) {
  const auto intent = *state.rewind;
  if (auto err = rewinding{place, intent}.run())
    return err;
  auto opened =
      spool::open(place.disk, place.directory, place.options, place.identity, place.environment);
  if (!opened)
    return opened.error();
  if ((*opened)->durable_lsn() != intent.through || (*opened)->tail_digest() != intent.at)
    return make_error(errc::corruption, "rewind: " + place.directory.string() + ": the log ends at "
                                            + to_string((*opened)->durable_lsn()) + ", not at LSN "
                                            + to_string(intent.through));
  auto finished = state;
  finished.rewind.reset();
  if (intent.through == no_lsn)
    finished.log_start = no_lsn;
  if (auto err = store.store(finished))
    return err;
  state = std::move(finished);
  return opened;
}

} // namespace sluice::persistence
