#include "persistence/chore.hpp"

#include "persistence/file_window.hpp"
#include "persistence/segment_name.hpp"

#include <algorithm>

namespace sluice::persistence {

namespace {

/// Between two steps the append path gets at the disk.
constexpr std::uint64_t step_bytes = 1024 * 1024;

caf::error write_zeros(file& into, std::uint64_t bytes, const chore_step& on_step) {
  std::string zeros(step_bytes, '\0');
  for (std::uint64_t done = 0; done < bytes;) {
    auto step = std::min(step_bytes, bytes - done);
    std::string_view parts[] = {{zeros.data(), static_cast<std::size_t>(step)}};
    if (auto err = into.write_at(done, parts))
      return err;
    // A little at a time: a whole segment of dirty pages would hold up every other sync.
    if (auto err = into.sync_data())
      return err;
    done += step;
    if (on_step && !on_step(step))
      return make_error(errc::closed, "prepare_segment: given up");
  }
  return {};
}

caf::expected<std::string> unused_name(vfs& disk, const std::filesystem::path& directory) {
  for (std::uint32_t number = 1;; ++number) {
    auto name = prepared_file_name(number);
    auto is_made = disk.exists(directory / name);
    if (!is_made)
      return is_made.error();
    auto is_being_made = disk.exists(directory / unfinished_file_name(name));
    if (!is_being_made)
      return is_being_made.error();
    if (!*is_made && !*is_being_made)
      return name;
  }
}

caf::error fill(vfs& disk, const std::filesystem::path& unfinished, std::uint64_t bytes,
                const chore_step& on_step) {
  auto created = disk.open(unfinished, open_mode::create_exclusive);
  if (!created)
    return created.error();
  if (auto err = (*created)->allocate(bytes))
    return err;
  return write_zeros(**created, bytes, on_step);
}

caf::expected<std::optional<prepared_segment>> run(vfs& disk, const prepare_segment& work,
                                                   const chore_step& on_step) {
  auto name = unused_name(disk, work.directory);
  if (!name)
    return name.error();
  auto unfinished = work.directory / unfinished_file_name(*name);
  auto err = fill(disk, unfinished, work.bytes, on_step);
  if (!err)
    err = disk.rename(unfinished, work.directory / *name);
  if (!err)
    return std::optional{prepared_segment{work.directory / *name, work.bytes}};
  // Its room is needed; what cannot be removed now goes at the next open.
  auto is_there = disk.exists(unfinished);
  if (is_there && *is_there)
    if (auto removed = disk.remove(unfinished))
      return make_error(code_of(err), describe(err) + "; " + describe(removed));
  return err;
}

caf::expected<std::optional<prepared_segment>> run(vfs& disk, const write_index& work,
                                                   const chore_step&) {
  if (auto err = write_file(disk, work.path, *work.bytes))
    return err;
  return std::optional<prepared_segment>{};
}

caf::expected<std::optional<prepared_segment>> run(vfs& disk, const remove_file& work,
                                                   const chore_step&) {
  auto is_there = disk.exists(work.path);
  if (!is_there)
    return is_there.error();
  if (*is_there)
    if (auto err = disk.remove(work.path))
      return err;
  return std::optional<prepared_segment>{};
}

caf::expected<std::optional<prepared_segment>> run(vfs& disk, const remove_empty_directory& work,
                                                   const chore_step&) {
  auto is_there = disk.exists(work.path);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return std::optional<prepared_segment>{};
  auto names = disk.list(work.path);
  if (!names)
    return names.error();
  if (!names->empty())
    return std::optional<prepared_segment>{};
  // What was in it must not come back once somebody relies on it being gone.
  if (auto err = disk.sync_directory(work.path))
    return err;
  if (auto err = disk.remove_directory(work.path))
    return err;
  if (auto err = disk.sync_directory(work.path.parent_path()))
    return err;
  return std::optional<prepared_segment>{};
}

} // namespace

caf::expected<std::optional<prepared_segment>> run_chore(vfs& disk, const chore& work,
                                                         const chore_step& on_step) {
  return std::visit([&](const auto& one) { return run(disk, one, on_step); }, work);
}

} // namespace sluice::persistence
