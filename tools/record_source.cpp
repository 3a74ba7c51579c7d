#include "tools/record_source.hpp"

#include "persistence/recovery.hpp"
#include "persistence/segment_view.hpp"
#include "persistence/spool_reader.hpp"

namespace sluice::tools {

namespace {

class node_records final : public record_source {
public:
  node_records(caf::actor_system& system, node_endpoint where, std::chrono::milliseconds within)
      : system_(system), where_(std::move(where)), within_(within) {}

  caf::error open() {
    auto status = status_of(system_, where_, within_);
    if (!status)
      return status.error();
    oldest = status->oldest;
    last = status->durable;
    return {};
  }

  caf::expected<std::vector<record>> read(lsn after, lsn through,
                                          std::chrono::milliseconds wait) override {
    read_options options;
    options.through = through;
    options.wait = wait;
    return read_from(system_, where_, after, options, within_);
  }

private:
  caf::actor_system& system_;
  node_endpoint where_;
  std::chrono::milliseconds within_;
};

/// A node that is running may roll, rewrite or prune under a reader: what failed is tried
/// again on what stands there then.
constexpr int attempts_max = 3;

class directory_records final : public record_source {
public:
  explicit directory_records(std::filesystem::path directory) : directory_(std::move(directory)) {}

  caf::error open() {
    auto err = try_open();
    for (int i = 1; err && i < attempts_max; ++i)
      err = try_open();
    return err;
  }

  caf::expected<std::vector<record>> read(lsn after, lsn through,
                                          std::chrono::milliseconds) override {
    std::vector<record> records;
    auto batches = reader_->read_batches(after, std::min(through, last), {});
    if (!batches)
      return batches.error();
    for (const auto& batch : *batches) {
      auto some = persistence::decode_records(batch, after, through);
      if (!some)
        return some.error();
      records.insert(records.end(), some->begin(), some->end());
    }
    return records;
  }

private:
  caf::error try_open() {
    auto& disk = persistence::posix_vfs();
    auto names = disk.list(directory_);
    if (!names)
      return names.error();
    auto segments = persistence::classify(*names).segments;
    if (!segments.empty()) {
      auto first = persistence::segment_view::open(disk, directory_, segments.front());
      if (!first)
        return first.error();
      // The rules of opening: what they refuse is damage, not the end of the log.
      auto found = persistence::recover(disk, directory_, {}, {(*first)->header().cluster});
      if (!found)
        return found.error();
      oldest = found->oldest;
      last = found->last;
    }
    auto reader = persistence::spool_reader::open(disk, directory_);
    if (!reader)
      return reader.error();
    reader_ = std::move(*reader);
    return {};
  }

  std::filesystem::path directory_;
  std::unique_ptr<persistence::spool_reader> reader_;
};

template <class Source>
caf::expected<std::unique_ptr<record_source>> opened(std::unique_ptr<Source> source) {
  if (auto err = source->open())
    return err;
  return std::unique_ptr<record_source>{std::move(source)};
}

} // namespace

caf::expected<std::unique_ptr<record_source>> records_of_node(caf::actor_system& system,
                                                              const node_endpoint& where,
                                                              std::chrono::milliseconds within) {
  return opened(std::make_unique<node_records>(system, where, within));
}

caf::expected<std::unique_ptr<record_source>>
records_of_directory(const std::filesystem::path& directory) {
  return opened(std::make_unique<directory_records>(directory));
}

} // namespace sluice::tools
