#include "persistence/batch_body.hpp"
#include "persistence/frame.hpp"
#include "persistence/spool_reader.hpp"

#include <algorithm>

namespace sluice::persistence {

caf::expected<std::vector<record>> decode_records(const frame_batch& batch, lsn after,
                                                  lsn through) {
  auto fault = [&](const std::string& reason) {
    return make_error(errc::corruption,
                      "decode_records: batch " + to_string(batch.first) + ": " + reason);
  };
  auto header = decode_batch_header(batch.bytes.view());
  if (!header)
    return fault(describe(header.error()));
  if (header->stored_bytes() != batch.bytes.size())
    return fault("batch cut off");
  std::vector<record> records;
  records.reserve(static_cast<std::size_t>(
      distance(std::max(after, previous(batch.first)), std::min(through, batch.last))));
  batch_body body{*header, batch.bytes.view()};
  while (auto append = body.next_append()) {
    auto position = append->first;
    while (auto bytes = body.next_record()) {
      if (position > after && position <= through) {
        auto offset = static_cast<std::size_t>(bytes->data() - batch.bytes.data());
        records.push_back({position, header->term, header->timeline, append->timestamp,
                           batch.bytes.slice(offset, bytes->size())});
      }
      position = next(position);
    }
  }
  if (!body.is_complete())
    return fault("malformed body");
  return records;
}

caf::expected<std::vector<frame_batch>> parse_frames(const payload& block) {
  std::vector<frame_batch> batches;
  for (std::size_t offset = 0; offset < block.size();) {
    auto batch = take_frame(block, offset);
    if (!batch)
      return batch.error();
    if (!batches.empty()
        && (batch->first != next(batches.back().last)
            || batch->previous_digest != batches.back().tail_digest))
      return make_error(errc::corruption, "parse_frames: batch " + to_string(batch->first)
                                              + " does not continue the one before");
    offset += batch->bytes.size();
    batches.push_back(std::move(*batch));
  }
  return batches;
}

} // namespace sluice::persistence
