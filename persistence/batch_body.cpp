#include "persistence/batch_body.hpp"

#include "persistence/varint.hpp"

#include <limits>

namespace sluice::persistence {

batch_body::batch_body(const batch_header& header, std::string_view frame)
    : header_(header)
    , rest_(frame.substr(batch_header_bytes, header.frame_bytes - batch_header_bytes))
    , next_lsn_(header.base)
    , appends_left_(header.append_count) {
  is_malformed_ = !read_producers();
}

bool batch_body::read_producers() {
  auto count = take_varint(rest_);
  if (!count || *count > header_.append_count)
    return false;
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto size = take_varint(rest_);
    auto name = size ? take_bytes(rest_, *size) : std::nullopt;
    if (!name || !is_valid_name(*name))
      return false;
    producers_.push_back(*name);
  }
  return true;
}

std::optional<append_view> batch_body::malformed() {
  is_malformed_ = true;
  return std::nullopt;
}

std::optional<append_view> batch_body::next_append() {
  while (records_left_in_append_ > 0)
    if (!next_record())
      return std::nullopt;
  if (is_malformed_ || appends_left_ == 0)
    return std::nullopt;
  auto tag = take_varint(rest_);
  if (!tag)
    return malformed();
  auto count = *tag >> 2;
  auto left = distance(previous(next_lsn_), header_.last());
  if (count == 0 || count > left)
    return malformed();
  append_view append;
  append.first = next_lsn_;
  append.record_count = static_cast<std::uint32_t>(count);
  if (!read_attributes(*tag, append))
    return malformed();
  --appends_left_;
  records_left_in_append_ = count;
  return append;
}

bool batch_body::read_attributes(std::uint64_t tag, append_view& append) {
  auto delta = take_varint(rest_);
  if (!delta || *delta > std::numeric_limits<std::uint64_t>::max() - header_.base_timestamp.value)
    return false;
  append.timestamp = timestamp_ms{header_.base_timestamp.value + *delta};
  if ((tag & 1) != 0) {
    auto index = take_varint(rest_);
    auto sequence = index ? take_varint(rest_) : std::nullopt;
    if (!sequence || *index >= producers_.size())
      return false;
    append.producer = producers_[static_cast<std::size_t>(*index)];
    append.sequence = producer_sequence{*sequence};
  }
  if ((tag & 2) != 0) {
    auto ownership = take_varint(rest_);
    if (!ownership)
      return false;
    append.ownership_epoch = sluice::ownership_epoch{*ownership};
  }
  return true;
}

std::optional<std::string_view> batch_body::next_record() {
  if (is_malformed_ || records_left_in_append_ == 0)
    return std::nullopt;
  auto size = take_varint(rest_);
  auto bytes = size ? take_bytes(rest_, *size) : std::nullopt;
  if (!bytes) {
    malformed();
    return std::nullopt;
  }
  --records_left_in_append_;
  next_lsn_ = next(next_lsn_);
  return bytes;
}

bool batch_body::is_complete() const {
  return !is_malformed_ && rest_.empty() && appends_left_ == 0 && records_left_in_append_ == 0
         && next_lsn_ == next(header_.last());
}

bool is_well_formed(const batch_header& header, std::string_view frame) {
  batch_body body{header, frame};
  while (body.next_append()) {
  }
  return body.is_complete();
}

} // namespace sluice::persistence
