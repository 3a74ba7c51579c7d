#include "persistence/outgoing_snapshot.hpp"

#include "persistence/file_window.hpp"

#include <sluice/errc.hpp>

#include <array>

namespace sluice::persistence {

caf::expected<std::unique_ptr<outgoing_snapshot>>
outgoing_snapshot::open(vfs& disk, std::filesystem::path directory) {
  std::unique_ptr<outgoing_snapshot> opened{new outgoing_snapshot{disk, std::move(directory)}};
  if (auto err = opened->recover())
    return err;
  return opened;
}

std::filesystem::path outgoing_snapshot::manifest_path() const {
  return directory_ / snapshot_manifest_name;
}

std::filesystem::path outgoing_snapshot::data_path() const {
  return directory_ / snapshot_data_name;
}

caf::error outgoing_snapshot::recover() {
  auto found = find_snapshot_manifest(disk_, directory_);
  if (!found)
    return found.error();
  if (!*found)
    return discard();
  manifest_ = std::move(*found);
  note_offsets();
  return {};
}

void outgoing_snapshot::note_offsets() {
  offsets_.clear();
  std::uint64_t offset = 0;
  for (const auto& chunk : manifest_->chunks) {
    offsets_.push_back(offset);
    offset += chunk.bytes;
  }
}

/// The folders are there while something is in them. Who cannot remove one has lost nothing: what
/// comes in may be about to stand beside it.
void outgoing_snapshot::remove_empty_folders() {
  for (const auto& folder : {directory_, directory_.parent_path()}) {
    auto names = disk_.list(folder);
    if (!names || !names->empty() || disk_.remove_directory(folder))
      return;
  }
}

/// The directory itself may not be there: it is made for the first snapshot.
caf::error outgoing_snapshot::remove_all_but_manifest() {
  auto is_there = disk_.exists(directory_);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return {};
  auto names = disk_.list(directory_);
  if (!names)
    return names.error();
  for (const auto& name : *names)
    if (name != snapshot_manifest_name)
      if (auto err = disk_.remove(directory_ / name))
        return err;
  return {};
}

caf::error outgoing_snapshot::begin(const std::filesystem::path& whole) {
  if (auto err = discard())
    return err;
  if (auto err = disk_.create_directories(directory_))
    return err;
  is_linked_ = !whole.empty() && disk_.link(whole, data_path());
  if (is_linked_)
    return {};
  auto made = disk_.open(data_path(), open_mode::create_exclusive);
  if (!made)
    return made.error();
  data_ = std::move(*made);
  return {};
}

caf::error outgoing_snapshot::add(std::string_view bytes) {
  auto err = write(bytes);
  return err ? give_up(std::move(err)) : err;
}

caf::error outgoing_snapshot::write(std::string_view bytes) {
  if (added_.size() >= snapshot_chunks_max)
    return make_error(errc::invalid_argument,
                      "a snapshot of more than " + std::to_string(snapshot_chunks_max) + " chunks");
  std::array parts{bytes};
  if (!is_linked_)
    if (auto err = data_->write_at(bytes_, parts))
      return err;
  added_.push_back(chunk_of(bytes));
  bytes_ += bytes.size();
  return {};
}

caf::error outgoing_snapshot::finish(const snapshot_place& place) {
  snapshot_manifest made{place.at,          place.timeline,  place.term,     place.history,
                         std::move(added_), place.last_term, place.producers};
  added_.clear();
  if (const auto* reason = fault_of(made))
    return give_up(make_error(errc::invalid_argument, reason));
  if (auto err = write_file(disk_, manifest_path(), encode(made)))
    return give_up(std::move(err));
  data_ = nullptr;
  manifest_ = std::move(made);
  note_offsets();
  return {};
}

/// The first failure is the one to tell: a disk that fails may fail here again, and what is left
/// is removed when the directory is opened, or something else is begun.
caf::error outgoing_snapshot::give_up(caf::error why) {
  static_cast<void>(discard());
  return why;
}

caf::expected<std::string> outgoing_snapshot::read(std::size_t index) {
  auto numbered = "chunk " + std::to_string(index) + " of the snapshot";
  if (!manifest_ || index >= manifest_->chunks.size())
    return make_error(errc::not_found, numbered + " is not there");
  auto damaged = [&](const std::string& reason) {
    return make_error(errc::corruption, data_path().string() + ": " + numbered + " " + reason);
  };
  if (!data_) {
    auto is_there = disk_.exists(data_path());
    if (!is_there)
      return is_there.error();
    if (!*is_there)
      return damaged("is gone");
    auto opened = disk_.open(data_path(), open_mode::read);
    if (!opened)
      return opened.error();
    data_ = std::move(*opened);
  }
  std::string bytes(manifest_->chunks[index].bytes, '\0');
  auto got = data_->read_at(offsets_[index], bytes);
  if (!got)
    return got.error();
  if (*got < bytes.size())
    return damaged("is cut short");
  if (chunk_of(bytes) != manifest_->chunks[index])
    return damaged("is damaged");
  return bytes;
}

caf::error outgoing_snapshot::discard() {
  manifest_.reset();
  offsets_.clear();
  added_.clear();
  bytes_ = 0;
  data_ = nullptr;
  auto is_there = disk_.exists(manifest_path());
  if (!is_there)
    return is_there.error();
  if (*is_there) {
    if (auto err = disk_.remove(manifest_path()))
      return err;
    // A manifest must not come back when its data is another's.
    if (auto err = disk_.sync_directory(directory_))
      return err;
  }
  if (auto err = remove_all_but_manifest())
    return err;
  remove_empty_folders();
  return {};
}

} // namespace sluice::persistence
