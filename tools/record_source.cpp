#include "tools/record_source.hpp"

#include "persistence/inspect.hpp"
#include "persistence/spool_reader.hpp"

namespace sluice::tools {

namespace {

class node_records final : public record_source {
public:
  node_records(caf::actor_system& system, node_endpoint where, std::chrono::milliseconds within)
      : system_(system), where_(std::move(where)), within_(within) {}

  caf::error look() override {
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

class directory_records final : public record_source {
public:
  explicit directory_records(std::filesystem::path directory) : directory_(std::move(directory)) {}

  caf::error look() override {
    auto& disk = persistence::posix_vfs();
    auto extent = persistence::servable_extent(disk, directory_);
    if (!extent)
      return extent.error();
    oldest = extent->oldest;
    last = extent->last;
    auto reader = persistence::spool_reader::open(disk, directory_);
    if (!reader)
      return reader.error();
    reader_ = std::move(*reader);
    return {};
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
  std::filesystem::path directory_;
  std::unique_ptr<persistence::spool_reader> reader_;
};

template <class Source>
caf::expected<std::unique_ptr<record_source>> opened(std::unique_ptr<Source> source) {
  if (auto err = source->look())
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
