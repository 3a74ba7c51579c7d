#include "messages/codec.hpp"
#include "messages/codec_parse.hpp"

#include "wire.pb.h"

#include <algorithm>

namespace sluice::messages {

namespace {

/// Of one message; bounds what is made of lengths that take no bytes.
constexpr std::uint64_t records_max = 1'000'000;
constexpr std::uint64_t timeout_ms_max = 24ull * 60 * 60 * 1000;

/// Cuts the next `bytes` off a block; false when it is too short.
bool cut(const payload& block, std::size_t& offset, std::uint64_t bytes, payload& out) {
  if (bytes > block.size() - offset)
    return false;
  out = block.slice(offset, static_cast<std::size_t>(bytes));
  offset += static_cast<std::size_t>(bytes);
  return true;
}

void fill(const bookmark& x, wire::Bookmark& twin) {
  twin.set_timeline(x.timeline.value);
  twin.set_term(x.term.value);
  twin.set_lsn(x.lsn.value);
}

bookmark read(const wire::Bookmark& twin) {
  return {timeline_id{twin.timeline()}, term{twin.term()}, lsn{twin.lsn()}};
}

bool read_options(const wire::AppendHeader::Item& item, append_options& x) {
  if (!item.policy().empty()) {
    auto policy = parse_policy(item.policy());
    if (!policy)
      return false;
    x.policy = std::move(*policy);
  }
  if (item.timeout_ms() == 0 || item.timeout_ms() > timeout_ms_max)
    return false;
  x.timeout = std::chrono::milliseconds{item.timeout_ms()};
  if (item.expected_lsn() != 0)
    x.expected_lsn = lsn{item.expected_lsn()};
  if (!item.producer().empty()) {
    if (!is_valid_name(item.producer()))
      return false;
    x.producer = producer_stamp{item.producer(), producer_sequence{item.sequence()}};
  }
  return true;
}

struct fill_outcome {
  wire::CommittedMany::Item& twin;

  void range(const lsn_range& x) const {
    twin.set_first_lsn(x.first.value);
    twin.set_last_lsn(x.last.value);
  }

  void operator()(const committed& x) const {
    range(x.records);
    twin.set_term(x.term.value);
    twin.set_timeline(x.timeline.value);
  }

  void operator()(const commit_timeout& x) const {
    range(x.records);
    twin.set_durable(x.durable);
    twin.set_required(x.required);
    for (const auto& name : x.missing)
      twin.add_missing(name);
  }

  void operator()(const outcome_unknown& x) const {
    range(x.records);
    twin.set_reason(x.reason);
  }

  void operator()(const append_failed& x) const {
    twin.set_code(static_cast<std::uint32_t>(x.code));
    twin.set_reason(x.reason);
    twin.set_next_lsn(x.next_lsn.value);
  }
};

bool read_outcome(const wire::CommittedMany::Item& twin, append_outcome& x) {
  lsn_range range{lsn{twin.first_lsn()}, lsn{twin.last_lsn()}};
  switch (twin.kind()) {
  case 0: x = committed{range, term{twin.term()}, timeline_id{twin.timeline()}}; return true;
  case 1:
    x = commit_timeout{
        range, twin.durable(), twin.required(), {twin.missing().begin(), twin.missing().end()}};
    return true;
  case 2: x = outcome_unknown{range, twin.reason()}; return true;
  case 3:
    x = append_failed{static_cast<errc>(twin.code()), twin.reason(), lsn{twin.next_lsn()}};
    return twin.code() <= UINT8_MAX;
  default: return false;
  }
}

} // namespace

std::string encode(const append_many& x) {
  wire::AppendHeader twin;
  for (const auto& item : x.items) {
    auto* out = twin.add_items();
    const auto& options = item.what.options;
    out->set_ticket(item.ticket);
    if (options.policy)
      out->set_policy(to_string(*options.policy));
    out->set_timeout_ms(static_cast<std::uint64_t>(options.timeout.count()));
    if (options.expected_lsn)
      out->set_expected_lsn(options.expected_lsn->value);
    if (options.producer) {
      out->set_producer(options.producer->producer);
      out->set_sequence(options.producer->sequence.value);
    }
    for (const auto& bytes : item.what.records)
      out->add_record_bytes(bytes.size());
  }
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, const payload& block, append_many& x) {
  wire::AppendHeader twin;
  if (!parse_twin(bytes, twin))
    return false;
  std::size_t offset = 0;
  std::uint64_t records = 0;
  x.items.clear();
  for (const auto& item : twin.items()) {
    records += static_cast<std::uint64_t>(item.record_bytes_size());
    if (records > records_max)
      return false;
    ticketed_append out;
    out.ticket = item.ticket();
    if (!read_options(item, out.what.options))
      return false;
    for (auto record_bytes : item.record_bytes())
      if (!cut(block, offset, record_bytes, out.what.records.emplace_back()))
        return false;
    x.items.push_back(std::move(out));
  }
  return offset == block.size();
}

std::vector<payload> payloads_of(const append_many& x) {
  std::vector<payload> parts;
  for (const auto& item : x.items)
    parts.insert(parts.end(), item.what.records.begin(), item.what.records.end());
  return parts;
}

std::string encode(const committed_many& x) {
  wire::CommittedMany twin;
  for (const auto& item : x.items) {
    auto* out = twin.add_items();
    out->set_ticket(item.ticket);
    out->set_kind(static_cast<std::uint32_t>(item.outcome.index()));
    std::visit(fill_outcome{*out}, item.outcome);
  }
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, committed_many& x) {
  wire::CommittedMany twin;
  if (!parse_twin(bytes, twin))
    return false;
  x.items.clear();
  for (const auto& item : twin.items()) {
    auto& out = x.items.emplace_back();
    out.ticket = item.ticket();
    if (!read_outcome(item, out.outcome))
      return false;
  }
  return true;
}

std::string encode(const read_request& x) {
  wire::ReadRequest twin;
  twin.set_after(x.after.value);
  twin.set_through(x.through.value);
  twin.set_records_max(x.records_max);
  twin.set_bytes_max(x.bytes_max);
  twin.set_wait_ms(x.wait_ms);
  fill(x.at, *twin.mutable_at());
  twin.set_at_wait_ms(x.at_wait_ms);
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, read_request& x) {
  wire::ReadRequest twin;
  if (!parse_twin(bytes, twin) || twin.wait_ms() > timeout_ms_max
      || twin.at_wait_ms() > timeout_ms_max)
    return false;
  x.after = lsn{twin.after()};
  x.through = lsn{twin.through()};
  x.records_max = twin.records_max();
  x.bytes_max = twin.bytes_max();
  x.wait_ms = twin.wait_ms();
  x.at = read(twin.at());
  x.at_wait_ms = twin.at_wait_ms();
  return true;
}

std::string encode(const read_reply& x) {
  wire::ReadHeader twin;
  for (const auto& entry : x.records) {
    auto* out = twin.add_records();
    out->set_lsn(entry.lsn.value);
    out->set_term(entry.term.value);
    out->set_timeline(entry.timeline.value);
    out->set_timestamp_ms(entry.timestamp.value);
    out->set_bytes(entry.bytes.size());
  }
  twin.set_oldest_lsn(x.oldest.value);
  twin.set_durable_lsn(x.durable.value);
  twin.set_code(static_cast<std::uint32_t>(x.code));
  twin.set_reason(x.reason);
  fill(x.applied, *twin.mutable_applied());
  return twin.SerializeAsString();
}

bool decode(std::string_view bytes, const payload& block, read_reply& x) {
  wire::ReadHeader twin;
  if (!parse_twin(bytes, twin) || twin.code() > UINT8_MAX)
    return false;
  std::size_t offset = 0;
  x.records.clear();
  for (const auto& entry : twin.records()) {
    record out{lsn{entry.lsn()},
               term{entry.term()},
               timeline_id{entry.timeline()},
               timestamp_ms{entry.timestamp_ms()},
               {}};
    if (!cut(block, offset, entry.bytes(), out.bytes))
      return false;
    x.records.push_back(std::move(out));
  }
  x.oldest = lsn{twin.oldest_lsn()};
  x.durable = lsn{twin.durable_lsn()};
  x.code = static_cast<errc>(twin.code());
  x.reason = twin.reason();
  x.applied = read(twin.applied());
  return offset == block.size();
}

std::vector<payload> payloads_of(const read_reply& x) {
  std::vector<payload> parts;
  for (const auto& entry : x.records)
    parts.push_back(entry.bytes);
  return parts;
}

} // namespace sluice::messages
