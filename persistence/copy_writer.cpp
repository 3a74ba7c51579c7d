#include "persistence/copy_writer.hpp"

#include "persistence/file_window.hpp"

namespace sluice::persistence {

namespace {

caf::error overwrite(vfs& disk, const std::filesystem::path& path, std::string_view bytes) {
  auto opened = disk.open(path, open_mode::read_write);
  if (!opened)
    return opened.error();
  std::string_view parts[] = {bytes};
  if (auto err = (*opened)->write_at(0, parts))
    return err;
  if (auto err = (*opened)->truncate(bytes.size()))
    return err;
  return (*opened)->sync_data();
}

} // namespace

copy_writer::copy_writer(vfs& disk, std::filesystem::path directory,
                         std::array<const char*, 2> names)
    : disk_(disk), directory_(std::move(directory)), names_(names) {}

void copy_writer::found_same() {
  is_whole_ = {true, true};
}

void copy_writer::found_without(const std::filesystem::path& other) {
  for (std::size_t i = 0; i < names_.size(); ++i)
    is_whole_[i] = other.filename() != names_[i];
}

caf::error copy_writer::write(std::string_view bytes) {
  // The one that does not count first: until it does, the other must stay as it is.
  std::size_t first = is_whole_[0] && !is_whole_[1] ? 1 : 0;
  if (auto err = write_one(first, bytes))
    return err;
  auto err = write_one(1 - first, bytes);
  if (err)
    is_whole_[1 - first] = false;
  return err;
}

caf::error copy_writer::mend(std::string_view bytes) {
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (!is_whole_[i])
      if (auto err = write_one(i, bytes))
        return err;
  return {};
}

caf::error copy_writer::write_one(std::size_t which, std::string_view bytes) {
  auto path = directory_ / names_[which];
  auto err = write_file(disk_, path, bytes);
  if (code_of(err) == errc::no_space && is_whole_[1 - which]) {
    auto is_there = disk_.exists(path);
    if (is_there && *is_there) {
      is_whole_[which] = false;
      err = overwrite(disk_, path, bytes);
    }
  }
  if (!err)
    is_whole_[which] = true;
  return err;
}

} // namespace sluice::persistence
