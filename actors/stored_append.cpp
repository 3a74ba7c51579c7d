#include "actors/stored_append.hpp"

#include <algorithm>

namespace sluice::actors {

caf::expected<std::optional<stored_append>> find_stored_append(persistence::spool_reader& reader,
                                                               lsn first,
                                                               std::span<const payload> records,
                                                               lsn durable) {
  auto last = last_of(first, records.size());
  if (last > durable)
    return std::optional<stored_append>{};
  auto position = previous(first);
  std::size_t compared = 0;
  stored_append found;
  while (compared < records.size()) {
    auto batches = reader.read_batches(position, last, {});
    if (!batches)
      return batches.error();
    if (batches->empty())
      return make_error(errc::corruption, "find_stored_append: nothing after LSN "
                                              + to_string(position) + " although it is durable");
    for (const auto& batch : *batches) {
      auto stored = persistence::decode_records(batch, position, last);
      if (!stored)
        return stored.error();
      for (const auto& entry : *stored)
        if (!(entry.bytes == records[compared++]))
          return std::optional<stored_append>{};
      found = {batch.term, batch.timeline};
      position = std::min(batch.last, last);
    }
  }
  return std::optional<stored_append>{found};
}

} // namespace sluice::actors
