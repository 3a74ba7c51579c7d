#include "persistence/batch_encoder.hpp"

#include "persistence/checksum.hpp"
#include "persistence/frame.hpp"
#include "persistence/varint.hpp"

#include <sluice/errc.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::persistence {

namespace {

/// The producers of a batch, each once, in the order of their first append.
class producer_names {
public:
  std::size_t index_of(std::string_view name) {
    if (!names_.empty() && names_[last_found_] == name)
      return last_found_;
    auto [position, is_new] = indexes_.try_emplace(name, names_.size());
    if (is_new)
      names_.push_back(name);
    last_found_ = position->second;
    return last_found_;
  }

  const std::vector<std::string_view>& names() const { return names_; }

private:
  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, std::size_t> indexes_;
  std::size_t last_found_ = 0;
};

struct measured_body {
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  timestamp_ms base_timestamp{std::numeric_limits<std::uint64_t>::max()};
};

std::uint64_t append_tag(const append_entry& entry) {
  return (std::uint64_t{entry.records.size()} << 2) | (entry.ownership_epoch ? 2u : 0u)
         | (entry.producer ? 1u : 0u);
}

std::uint64_t measure(const append_entry& entry, timestamp_ms base, producer_names& producers) {
  auto bytes = varint_bytes(append_tag(entry)) + varint_bytes(entry.timestamp.value - base.value);
  if (entry.producer)
    bytes += varint_bytes(producers.index_of(entry.producer->producer))
             + varint_bytes(entry.producer->sequence.value);
  if (entry.ownership_epoch)
    bytes += varint_bytes(entry.ownership_epoch->value);
  for (const auto& record : entry.records)
    bytes += varint_bytes(record.size()) + record.size();
  return bytes;
}

measured_body measure(std::span<const append_entry> entries, producer_names& producers) {
  measured_body body;
  for (const auto& entry : entries)
    body.base_timestamp = std::min(body.base_timestamp, entry.timestamp);
  for (const auto& entry : entries) {
    body.bytes += measure(entry, body.base_timestamp, producers);
    body.records += entry.records.size();
  }
  body.bytes += varint_bytes(producers.names().size());
  for (auto name : producers.names())
    body.bytes += varint_bytes(name.size()) + name.size();
  return body;
}

char* put_bytes(char* to, std::string_view bytes) {
  to = put_varint(to, bytes.size());
  if (!bytes.empty())
    std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

char* put_append(char* to, const append_entry& entry, timestamp_ms base,
                 producer_names& producers) {
  to = put_varint(to, append_tag(entry));
  to = put_varint(to, entry.timestamp.value - base.value);
  if (entry.producer) {
    to = put_varint(to, producers.index_of(entry.producer->producer));
    to = put_varint(to, entry.producer->sequence.value);
  }
  if (entry.ownership_epoch)
    to = put_varint(to, entry.ownership_epoch->value);
  for (const auto& record : entry.records)
    to = put_bytes(to, record.view());
  return to;
}

caf::error check(std::span<const append_entry> entries) {
  if (entries.empty())
    return make_error(errc::invalid_argument, "encode_batch: no append");
  for (const auto& entry : entries) {
    if (entry.records.empty())
      return make_error(errc::invalid_argument, "encode_batch: an append without records");
    if (entry.producer && !is_valid_name(entry.producer->producer))
      return make_error(errc::invalid_argument, "encode_batch: bad producer name");
  }
  return {};
}

} // namespace

caf::expected<encoded_batch> encode_batch(std::span<const append_entry> entries,
                                          const batch_position& position,
                                          std::size_t room_in_front) {
  if (auto err = check(entries))
    return err;
  producer_names producers;
  auto measured = measure(entries, producers);
  auto frame_bytes = batch_header_bytes + measured.bytes;
  if (frame_bytes > batch_bytes_max || measured.records > std::numeric_limits<std::uint32_t>::max())
    return make_error(errc::too_large, "encode_batch: " + std::to_string(frame_bytes) + " bytes");

  encoded_batch result;
  result.room_in_front = room_in_front;
  auto stored = static_cast<std::size_t>(padded(frame_bytes));
  result.block = std::make_shared_for_overwrite<char[]>(room_in_front + stored);
  auto* frame = result.block.get() + room_in_front;
  auto* to = put_varint(frame + batch_header_bytes, producers.names().size());
  for (auto name : producers.names())
    to = put_bytes(to, name);
  for (const auto& entry : entries)
    to = put_append(to, entry, measured.base_timestamp, producers);
  std::fill(to, frame + stored, '\0');

  batch_header header;
  header.frame_bytes = static_cast<std::uint32_t>(frame_bytes);
  header.record_count = static_cast<std::uint32_t>(measured.records);
  header.base = position.base;
  header.term = position.term;
  header.base_timestamp = measured.base_timestamp;
  header.previous_digest = position.previous_digest;
  header.timeline = position.timeline;
  header.append_count = static_cast<std::uint32_t>(entries.size());
  header.body_crc = crc32c({frame + batch_header_bytes, static_cast<std::size_t>(measured.bytes)});
  if (const auto* reason = why_invalid(header))
    return make_error(errc::invalid_argument, std::string{"encode_batch: "} + reason);
  encode(header, frame);
  result.batch = make_frame_batch(header, payload::share(result.block, frame, stored));
  return result;
}

} // namespace sluice::persistence
