#include "persistence/rdlw_export.hpp"

#include "persistence/batch_body.hpp"
#include "persistence/inspect.hpp"
#include "persistence/spool_reader.hpp"

namespace sluice::persistence {

namespace {

constexpr std::size_t write_bytes = 1024 * 1024;
/// What the file is called until it is whole.
constexpr std::string_view partial_suffix = ".sluice-export";

class rdlw_export {
public:
  rdlw_export(vfs& disk, const std::filesystem::path& directory, rdlw_layout layout,
              const work_progress& on_progress)
      : disk_(disk), directory_(directory), layout_(layout), on_progress_(on_progress) {}

  caf::expected<export_report> run(const std::filesystem::path& path) {
    if (auto err = check_is_new(path))
      return err;
    auto extent = servable_extent(disk_, directory_);
    if (!extent)
      return extent.error();
    auto partial = path;
    partial += partial_suffix;
    if (auto err = remove_if_there(partial))
      return err;
    auto created = disk_.open(partial, open_mode::create_exclusive);
    if (!created)
      return created.error();
    file_ = std::move(*created);
    auto failure = write_records(*extent);
    if (!failure)
      failure = publish(partial, path);
    if (!failure)
      return report_;
    file_.reset();
    auto removed = remove_if_there(partial);
    return removed ? make_error(code_of(failure), context_of(failure) + "; " + describe(removed))
                   : failure;
  }

private:
  caf::error check_is_new(const std::filesystem::path& path) {
    auto is_there = disk_.exists(path);
    if (!is_there)
      return is_there.error();
    return *is_there ? make_error(errc::io_error, "export: " + path.string()
                                                      + ": exists already; it is not overwritten")
                     : caf::error{};
  }

  caf::error remove_if_there(const std::filesystem::path& path) {
    auto is_there = disk_.exists(path);
    if (!is_there)
      return is_there.error();
    return *is_there ? disk_.remove(path) : caf::error{};
  }

  caf::error write_records(const log_extent& extent);
  caf::error write_batch(const frame_batch& batch, const log_extent& extent);
  caf::error flush();
  caf::error publish(const std::filesystem::path& partial, const std::filesystem::path& path);

  vfs& disk_;
  const std::filesystem::path& directory_;
  rdlw_layout layout_;
  const work_progress& on_progress_;
  std::unique_ptr<file> file_;
  std::string gathered_;
  export_report report_;
};

caf::error rdlw_export::write_records(const log_extent& extent) {
  auto reader = spool_reader::open(disk_, directory_);
  if (!reader)
    return reader.error();
  for (auto after = previous(extent.oldest); after < extent.last;) {
    auto batches = (*reader)->read_batches(after, extent.last, {});
    if (!batches)
      return batches.error();
    for (const auto& batch : *batches) {
      if (auto err = write_batch(batch, extent))
        return err;
      after = batch.last;
    }
    if (on_progress_)
      on_progress_(report_.records, distance(previous(extent.oldest), extent.last));
  }
  return flush();
}

caf::error rdlw_export::write_batch(const frame_batch& batch, const log_extent& extent) {
  auto header = decode_batch_header(batch.bytes.view());
  if (!header)
    return header.error();
  batch_body body{*header, batch.bytes.view()};
  while (auto append = body.next_append()) {
    auto position = append->first;
    for (auto bytes = body.next_record(); bytes; bytes = body.next_record()) {
      auto here = std::exchange(position, next(position));
      if (here < extent.oldest || here > extent.last)
        continue;
      rdlw_frame record{here,    batch.term, append->timestamp, append->ownership_epoch, *bytes,
                        layout_, 0};
      if (auto err = append_rdlw_frame(gathered_, record))
        return make_error(code_of(err), "export: " + context_of(err));
      ++report_.records;
      report_.first = report_.first == no_lsn ? here : report_.first;
      report_.last = here;
      if (gathered_.size() >= write_bytes)
        if (auto err = flush())
          return err;
    }
  }
  return body.is_complete() ? caf::error{}
                            : make_error(errc::corruption, "export: batch " + to_string(batch.first)
                                                               + " is malformed");
}

caf::error rdlw_export::flush() {
  std::string_view parts[] = {gathered_};
  if (auto err = file_->write_at(report_.bytes, parts))
    return err;
  report_.bytes += gathered_.size();
  gathered_.clear();
  return {};
}

caf::error rdlw_export::publish(const std::filesystem::path& partial,
                                const std::filesystem::path& path) {
  if (auto err = file_->sync_data())
    return err;
  // Again: somebody may have made it meanwhile.
  if (auto err = check_is_new(path))
    return err;
  if (auto err = disk_.rename(partial, path))
    return err;
  auto parent = path.parent_path();
  return disk_.sync_directory(parent.empty() ? "." : parent);
}

} // namespace

caf::expected<export_report> export_rdlw(vfs& disk, const std::filesystem::path& directory,
                                         const std::filesystem::path& file, rdlw_layout layout,
                                         const work_progress& on_progress) {
  return rdlw_export{disk, directory, layout, on_progress}.run(file);
}

} // namespace sluice::persistence
