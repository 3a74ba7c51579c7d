#include "persistence/log_restart.hpp"

#include "persistence/segment_name.hpp"

#include <utility>

namespace sluice::persistence {

namespace {

std::filesystem::path discarded_folder(const std::filesystem::path& directory) {
  return directory / "discarded";
}

/// What stands before the new log's beginning. Indexes come first: without its segments an
/// index proves that the newest are missing.
caf::expected<std::vector<std::string>> old_files(const log_place& place, lsn first) {
  auto names = place.disk.list(place.directory);
  if (!names)
    return names.error();
  std::vector<std::string> indexes;
  std::vector<std::string> segments;
  for (auto& name : *names) {
    auto segment = parse_segment_file_name(name);
    auto index = parse_index_file_name(name);
    if (segment && segment->first < first)
      segments.push_back(std::move(name));
    else if (index && index->first < first)
      indexes.push_back(std::move(name));
  }
  indexes.insert(indexes.end(), segments.begin(), segments.end());
  return indexes;
}

/// A log that never got a record, from its beginning or since it began anew, is not worth keeping,
/// nor is what a log was told of the time before it: that may be the new one's.
bool is_worth_keeping(const std::string& name, lsn discarded_through) {
  auto segment = parse_segment_file_name(name);
  auto part = segment ? segment : parse_index_file_name(name);
  return part->generation != told_generation && discarded_through != no_lsn
         && part->first <= next(discarded_through);
}

caf::error move_aside(const log_place& place, lsn first, lsn discarded_through) {
  auto names = old_files(place, first);
  if (!names)
    return names.error();
  if (names->empty())
    return {};
  auto folder = discarded_folder(place.directory);
  auto keeps_any = false;
  for (const auto& name : *names) {
    auto from = place.directory / name;
    if (!is_worth_keeping(name, discarded_through)) {
      if (auto err = place.disk.remove(from))
        return err;
      continue;
    }
    if (!std::exchange(keeps_any, true))
      if (auto err = place.disk.create_directories(folder))
        return err;
    if (auto err = place.disk.rename(from, folder / name))
      return err;
  }
  if (keeps_any)
    if (auto err = place.disk.sync_directory(folder))
      return err;
  return place.disk.sync_directory(place.directory);
}

} // namespace

caf::error plan_restart(vfs& disk, const std::filesystem::path& directory, node_state_store& store,
                        node_state& state, const log_restart& where, lsn flushed) {
  auto planned = state;
  planned.restart = where;
  auto has_records = !state.restart && flushed != no_lsn && flushed >= state.log_start;
  if (has_records) {
    auto earlier = discarded_files(disk, directory);
    if (!earlier)
      return earlier.error();
    for (const auto& work : *earlier)
      if (auto done = run_chore(disk, work, {}); !done)
        return done.error();
    planned.discarded_through = flushed;
  }
  if (auto err = store.store(planned))
    return err;
  state = std::move(planned);
  return {};
}

void note_installed(node_state& state) {
  auto& restart = *state.restart;
  restart.is_installed = true;
  if (restart.timeline != timeline_id{})
    state.timeline = restart.timeline;
  if (!restart.history.empty())
    state.history = std::exchange(restart.history, {});
}

caf::expected<std::unique_ptr<spool>> restart_log(const log_place& place, node_state_store& store,
                                                  node_state& state) {
  auto restart = *state.restart;
  auto first = restart.first;
  // Once a file has moved no open may take this for a log that was not touched.
  if (restart.is_of_state)
    if (auto err = store.store(state))
      return err;
  if (auto err = move_aside(place, first, state.discarded_through))
    return err;
  auto opened =
      spool::open(place.disk, place.directory, place.options, place.identity, place.environment);
  if (!opened)
    return opened.error();
  // Again, too, where a crash has left it begun: not all of it may be there.
  if (auto err = (*opened)->start_at(first, restart.before, restart.last_term, restart.producers))
    return err;
  auto finished = state;
  if (restart.is_of_state)
    finished.wants_snapshot = false;
  finished.restart.reset();
  finished.log_start = first;
  if (auto err = store.store(finished))
    return err;
  state = std::move(finished);
  return opened;
}

bool discarded_is_due(const node_state& state, lsn durable) {
  return state.discarded_through != no_lsn && !state.restart && durable >= state.log_start
         && durable > state.discarded_through;
}

caf::expected<std::vector<chore>> discarded_files(vfs& disk,
                                                  const std::filesystem::path& directory) {
  std::vector<chore> work;
  auto folder = discarded_folder(directory);
  auto is_there = disk.exists(folder);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return work;
  auto names = disk.list(folder);
  if (!names)
    return names.error();
  for (const auto& name : *names)
    work.push_back(remove_file{folder / name});
  work.push_back(remove_empty_directory{folder});
  return work;
}

} // namespace sluice::persistence
