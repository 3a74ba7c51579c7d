#include "test/support/records_on_disk.hpp"

#include "persistence/inspect.hpp"
#include "persistence/spool_reader.hpp"

namespace sluice::test {

std::vector<record> records_in(memory_vfs& disk, const std::filesystem::path& directory, lsn after,
                               lsn through) {
  std::vector<record> all;
  auto reader = persistence::spool_reader::open(disk, directory);
  if (!reader)
    return all;
  while (after < through) {
    auto batches = (*reader)->read_batches(after, through, {});
    if (!batches || batches->empty())
      return all;
    for (const auto& batch : *batches) {
      auto decoded = persistence::decode_records(batch, after, through);
      if (!decoded || decoded->empty())
        return all;
      after = decoded->back().lsn;
      all.insert(all.end(), decoded->begin(), decoded->end());
    }
  }
  return all;
}

std::vector<record> kept_records_in(memory_vfs& disk, const std::filesystem::path& directory) {
  auto extent = persistence::find_extent(disk, directory);
  return extent ? records_in(disk, directory, previous(extent->oldest), lsn{UINT64_MAX})
                : std::vector<record>{};
}

} // namespace sluice::test
