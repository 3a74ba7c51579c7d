#include "persistence/file_window.hpp"

#include "persistence/segment_name.hpp"

#include <algorithm>

namespace sluice::persistence {

namespace {

constexpr std::uint64_t window_bytes = 256 * 1024;

} // namespace

caf::expected<std::string_view> file_window::view(std::uint64_t offset, std::uint64_t bytes) {
  bytes = offset >= file_bytes_ ? 0 : std::min(bytes, file_bytes_ - offset);
  if (offset < loaded_from_ || offset + bytes > loaded_from_ + loaded_bytes_) {
    auto wanted =
        std::min(std::max(bytes, window_bytes), file_bytes_ - std::min(offset, file_bytes_));
    if (wanted > buffer_bytes_) {
      buffer_bytes_ = static_cast<std::size_t>(wanted);
      buffer_ = std::make_unique_for_overwrite<char[]>(buffer_bytes_);
    }
    auto got = source_.read_at(offset, {buffer_.get(), static_cast<std::size_t>(wanted)});
    if (!got)
      return got.error();
    loaded_from_ = offset;
    loaded_bytes_ = *got;
    bytes = std::min<std::uint64_t>(bytes, *got);
  }
  return std::string_view{buffer_.get() + (offset - loaded_from_), static_cast<std::size_t>(bytes)};
}

caf::expected<std::string> read_file(vfs& disk, const std::filesystem::path& path,
                                     std::uint64_t bytes_max) {
  auto opened = disk.open(path, open_mode::read);
  if (!opened)
    return opened.error();
  auto bytes = (*opened)->size();
  if (!bytes)
    return bytes.error();
  if (*bytes > bytes_max)
    return make_error(errc::corruption, "read: " + path.string() + ": too long");
  std::string content(static_cast<std::size_t>(*bytes), '\0');
  auto got = (*opened)->read_at(0, content);
  if (!got)
    return got.error();
  content.resize(*got);
  return content;
}

caf::error write_file(vfs& disk, const std::filesystem::path& path, std::string_view bytes,
                      std::string_view maker) {
  auto unfinished = path;
  unfinished.replace_filename(unfinished_file_name(path.filename().string() + std::string{maker}));
  auto is_there = disk.exists(unfinished);
  if (!is_there)
    return is_there.error();
  if (*is_there)
    if (auto err = disk.remove(unfinished))
      return err;
  auto created = disk.open(unfinished, open_mode::create_exclusive);
  if (!created)
    return created.error();
  std::string_view parts[] = {bytes};
  if (auto err = (*created)->write_at(0, parts))
    return err;
  if (auto err = (*created)->sync_data())
    return err;
  created->reset();
  if (auto err = disk.rename(unfinished, path))
    return err;
  return disk.sync_directory(path.parent_path());
}

} // namespace sluice::persistence
