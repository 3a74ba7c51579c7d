#include "tools/demo_check.hpp"

#include "persistence/checksum.hpp"
#include "tools/record_source.hpp"

namespace sluice::tools {

caf::expected<content_check> check_content(const std::filesystem::path& directory,
                                           const std::map<lsn, digest>& acknowledged) {
  auto source = records_of_directory(directory);
  if (!source)
    return source.error();
  content_check result;
  std::uint64_t found = 0;
  auto after = previous((*source)->oldest);
  while (after < (*source)->last) {
    auto records = (*source)->read(after, (*source)->last, std::chrono::milliseconds{0});
    if (!records)
      return records.error();
    if (records->empty())
      break;
    for (const auto& entry : *records) {
      ++result.records;
      after = entry.lsn;
      auto expected = acknowledged.find(entry.lsn);
      if (expected == acknowledged.end())
        ++result.duplicated;
      else if (expected->second == persistence::xxh3(entry.bytes.view()))
        ++found;
    }
  }
  result.lost = acknowledged.size() - found;
  return result;
}

} // namespace sluice::tools
