#include "persistence/snapshot_store.hpp"

#include "persistence/file_window.hpp"

namespace sluice::persistence {

namespace {

std::string numbered(std::size_t index) {
  return "chunk " + std::to_string(index) + " of the snapshot";
}

caf::error remove_file(vfs& disk, const std::filesystem::path& directory, const char* name) {
  auto is_there = disk.exists(directory / name);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return {};
  if (auto err = disk.remove(directory / name))
    return err;
  return disk.sync_directory(directory);
}

} // namespace

caf::expected<std::unique_ptr<snapshot_store>>
snapshot_store::open(vfs& disk, std::filesystem::path directory) {
  std::unique_ptr<snapshot_store> opened{new snapshot_store{disk, std::move(directory)}};
  if (auto err = opened->recover())
    return err;
  return opened;
}

caf::error snapshot_store::recover() {
  if (auto err = disk_.create_directories(directory_))
    return err;
  if (auto err = remove_strays())
    return err;
  auto found = find_snapshot_manifest(disk_, directory_);
  if (!found)
    return found.error();
  auto is_kept = is_kept_by_sink();
  if (!is_kept)
    return is_kept.error();
  if (!*found || *is_kept)
    return discard();
  manifest_ = std::move(*found);
  return recover_data();
}

/// A sink that was given the file may have made it the state: not a byte of it is written any more.
/// That is seen by its second name; without one, this one is only what was staged.
caf::expected<bool> snapshot_store::is_kept_by_sink() {
  auto is_there = disk_.exists(data_path());
  if (!is_there || !*is_there)
    return is_there;
  return disk_.has_other_name(data_path());
}

/// As the temporary file of a manifest.
caf::error snapshot_store::remove_strays() {
  auto names = disk_.list(directory_);
  if (!names)
    return names.error();
  for (const auto& name : *names)
    if (name != snapshot_manifest_name && name != snapshot_data_name)
      if (auto err = disk_.remove(directory_ / name))
        return err;
  return {};
}

/// What is read back need not be durable: it is counted as such once it is synced.
caf::error snapshot_store::recover_data() {
  if (auto err = open_data())
    return err;
  while (!is_whole()) {
    auto bytes = read(staged_, end_);
    if (!bytes && code_of(bytes.error()) != errc::corruption)
      return bytes.error();
    if (!bytes)
      break;
    end_ += bytes->size();
    ++staged_;
  }
  return sync();
}

caf::error snapshot_store::open_data() {
  auto is_there = disk_.exists(data_path());
  if (!is_there)
    return is_there.error();
  auto opened =
      disk_.open(data_path(), *is_there ? open_mode::read_write : open_mode::create_exclusive);
  if (!opened)
    return opened.error();
  data_ = std::move(*opened);
  if (auto bytes = manifest_->bytes(); bytes > 0)
    if (auto err = data_->allocate(bytes))
      return err;
  return disk_.sync_directory(directory_);
}

caf::error snapshot_store::begin(const snapshot_manifest& coming) {
  if (const auto* reason = fault_of(coming))
    return make_error(errc::invalid_argument, reason);
  if (manifest_ == coming && data_)
    return {};
  if (auto err = discard())
    return err;
  if (auto err = write_file(disk_, manifest_path(), encode(coming)))
    return err;
  manifest_ = coming;
  auto err = open_data();
  // The room that it has taken is given back; that it cannot be is seen by the next open.
  if (err)
    static_cast<void>(discard());
  return err;
}

caf::error snapshot_store::put(std::size_t index, std::string_view bytes) {
  if (!manifest_ || !data_ || index >= manifest_->chunks.size() || index > staged_)
    return make_error(errc::invalid_argument, numbered(index) + " does not come next");
  if (chunk_of(bytes) != manifest_->chunks[index])
    return make_error(errc::corruption, numbered(index) + " is not what the manifest names");
  if (index < staged_)
    return {};
  if (auto err = data_->write_through(end_, bytes))
    return lose_unsynced(std::move(err));
  end_ += bytes.size();
  ++staged_;
  return {};
}

/// What a failed write or sync has left of the file nobody knows: it is read again through
/// another descriptor by the next open.
caf::error snapshot_store::lose_unsynced(caf::error why) {
  data_.reset();
  staged_ = durable_;
  end_ = synced_end_;
  return why;
}

caf::error snapshot_store::sync() {
  if (!data_)
    return {};
  if (auto err = data_->sync_data())
    return lose_unsynced(std::move(err));
  // It is read once more at most: kept, it would push out what is read often.
  data_->forget_cached({synced_end_, end_});
  durable_ = staged_;
  synced_end_ = end_;
  return {};
}

caf::expected<std::string> snapshot_store::read(std::size_t index, std::uint64_t offset) {
  const auto& named = manifest_->chunks[index];
  std::string bytes(named.bytes, '\0');
  auto got = data_->read_at(offset, bytes);
  if (!got)
    return got.error();
  bytes.resize(*got);
  if (chunk_of(bytes) != named)
    return make_error(errc::corruption,
                      data_path().string() + ": " + numbered(index) + " is damaged");
  return bytes;
}

caf::error snapshot_store::install(snapshot_sink& sink) {
  if (!is_whole() || !data_)
    return make_error(errc::invalid_argument, "the snapshot is not there as a whole");
  auto err = sync();
  if (!err)
    err = feed(sink);
  if (err)
    sink.abort();
  return err;
}

/// A sink that takes the file is given what was verified; one that does not is given what is
/// verified again on the way.
caf::error snapshot_store::feed(snapshot_sink& sink) {
  auto is_staged = sink.stage(manifest_->at, data_path());
  if (!is_staged)
    return is_staged.error();
  if (*is_staged)
    return sink.install(manifest_->at);
  if (auto err = sink.begin(manifest_->at))
    return err;
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < staged_; ++i) {
    auto bytes = read(i, offset);
    if (!bytes)
      return bytes.error();
    if (auto err = sink.write(*bytes))
      return err;
    offset += bytes->size();
  }
  return sink.install(manifest_->at);
}

caf::error snapshot_store::discard() {
  manifest_.reset();
  data_.reset();
  staged_ = durable_ = 0;
  end_ = synced_end_ = 0;
  return remove_snapshot(disk_, directory_);
}

/// Data without a manifest is nothing; a manifest without its data would be another's.
caf::error remove_snapshot(vfs& disk, const std::filesystem::path& directory) {
  if (auto err = remove_file(disk, directory, snapshot_manifest_name))
    return err;
  return remove_file(disk, directory, snapshot_data_name);
}

std::filesystem::path incoming_snapshot_folder(const std::filesystem::path& node_directory) {
  return node_directory / "snapshot" / "incoming";
}

caf::error remove_incoming_snapshot(vfs& disk, const std::filesystem::path& node_directory) {
  auto folder = incoming_snapshot_folder(node_directory);
  auto is_there = disk.exists(folder);
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return {};
  if (auto err = remove_snapshot(disk, folder))
    return err;
  // As the temporary file of a manifest.
  auto strays = disk.list(folder);
  if (!strays)
    return strays.error();
  for (const auto& name : *strays)
    if (auto err = disk.remove(folder / name))
      return err;
  if (auto err = disk.remove_directory(folder))
    return err;
  // What goes out may stand beside it.
  auto beside = disk.list(folder.parent_path());
  return beside && beside->empty() ? disk.remove_directory(folder.parent_path()) : caf::error{};
}

} // namespace sluice::persistence
