#include "persistence/snapshot_store.hpp"

#include "persistence/file_window.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace sluice::persistence {

namespace {

constexpr const char* manifest_name = "manifest";
constexpr std::string_view chunk_prefix = "chunk-";

std::string chunk_name(std::size_t index) {
  char text[32];
  std::snprintf(text, sizeof text, "chunk-%08zu", index);
  return text;
}

/// None for what is no chunk, as a temporary file of one.
std::optional<std::size_t> chunk_index(std::string_view name) {
  if (!name.starts_with(chunk_prefix))
    return std::nullopt;
  auto digits = name.substr(chunk_prefix.size());
  std::size_t index = 0;
  auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (parsed.ec != std::errc{} || name != chunk_name(index))
    return std::nullopt;
  return index;
}

std::string numbered(std::size_t index) {
  return "chunk " + std::to_string(index) + " of the snapshot";
}

} // namespace

caf::expected<std::unique_ptr<snapshot_store>>
snapshot_store::open(vfs& disk, std::filesystem::path directory) {
  std::unique_ptr<snapshot_store> opened{new snapshot_store{disk, std::move(directory)}};
  if (auto err = opened->recover())
    return err;
  return opened;
}

std::filesystem::path snapshot_store::manifest_path() const {
  return directory_ / manifest_name;
}

std::filesystem::path snapshot_store::chunk_path(std::size_t index) const {
  return directory_ / chunk_name(index);
}

caf::error snapshot_store::recover() {
  if (auto err = disk_.create_directories(directory_))
    return err;
  auto is_there = disk_.exists(manifest_path());
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return remove_chunks_from(0);
  auto bytes = read_file(disk_, manifest_path(), snapshot_manifest_bytes_max);
  if (!bytes && code_of(bytes.error()) != errc::corruption)
    return bytes.error();
  auto found =
      bytes ? decode_snapshot_manifest(*bytes) : caf::expected<snapshot_manifest>{bytes.error()};
  if (!found)
    return code_of(found.error()) == errc::corruption ? discard() : found.error();
  manifest_ = std::move(*found);
  return recover_chunks();
}

caf::error snapshot_store::recover_chunks() {
  while (!is_whole()) {
    auto is_there = disk_.exists(chunk_path(staged_));
    if (!is_there)
      return is_there.error();
    if (!*is_there)
      break;
    ++staged_;
    auto bytes = read(staged_ - 1);
    if (bytes)
      continue;
    --staged_;
    if (code_of(bytes.error()) != errc::corruption)
      return bytes.error();
    break;
  }
  return remove_chunks_from(staged_);
}

/// Temporary files of chunks and of the manifest too.
caf::error snapshot_store::remove_chunks_from(std::size_t first) {
  auto names = disk_.list(directory_);
  if (!names)
    return names.error();
  auto has_changed = false;
  for (const auto& name : *names) {
    auto index = chunk_index(name);
    if (name == manifest_name || (index && *index < first))
      continue;
    if (auto err = disk_.remove(directory_ / name))
      return err;
    has_changed = true;
  }
  return has_changed ? disk_.sync_directory(directory_) : caf::error{};
}

caf::error snapshot_store::begin(const snapshot_manifest& coming) {
  if (const auto* reason = fault_of(coming))
    return make_error(errc::invalid_argument, reason);
  if (manifest_ == coming)
    return {};
  if (auto err = discard())
    return err;
  if (auto err = write_file(disk_, manifest_path(), encode(coming)))
    return err;
  manifest_ = coming;
  return {};
}

caf::error snapshot_store::put(std::size_t index, std::string_view bytes) {
  if (!manifest_ || index >= manifest_->chunks.size() || index > staged_)
    return make_error(errc::invalid_argument, numbered(index) + " does not come next");
  if (chunk_of(bytes) != manifest_->chunks[index])
    return make_error(errc::corruption, numbered(index) + " is not what the manifest names");
  if (index < staged_)
    return {};
  if (auto err = write_file(disk_, chunk_path(index), bytes))
    return err;
  ++staged_;
  return {};
}

caf::expected<std::string> snapshot_store::read(std::size_t index) {
  if (!manifest_ || index >= staged_)
    return make_error(errc::not_found, numbered(index) + " is not staged");
  auto bytes = read_file(disk_, chunk_path(index), snapshot_chunk_bytes_max);
  if (bytes && chunk_of(*bytes) != manifest_->chunks[index])
    return make_error(errc::corruption,
                      chunk_path(index).string() + ": " + numbered(index) + " is damaged");
  return bytes;
}

caf::error snapshot_store::install(snapshot_sink& sink) {
  if (!is_whole())
    return make_error(errc::invalid_argument, "the snapshot is not there as a whole");
  auto err = feed(sink);
  if (err)
    sink.abort();
  return err;
}

caf::error snapshot_store::feed(snapshot_sink& sink) {
  if (auto err = sink.begin(manifest_->at))
    return err;
  for (std::size_t i = 0; i < staged_; ++i) {
    auto bytes = read(i);
    if (!bytes)
      return bytes.error();
    if (auto err = sink.write(*bytes))
      return err;
  }
  return sink.install(manifest_->at);
}

caf::error snapshot_store::discard() {
  manifest_.reset();
  staged_ = 0;
  auto is_there = disk_.exists(manifest_path());
  if (!is_there)
    return is_there.error();
  if (*is_there) {
    if (auto err = disk_.remove(manifest_path()))
      return err;
    // Chunks without their manifest are nothing; a manifest without its chunks is another's.
    if (auto err = disk_.sync_directory(directory_))
      return err;
  }
  return remove_chunks_from(0);
}

} // namespace sluice::persistence
