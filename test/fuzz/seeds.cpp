#include "test/fuzz/seeds.hpp"

#include "messages/type_ids.hpp"
#include "persistence/batch_encoder.hpp"
#include "persistence/mark.hpp"
#include "persistence/node_state_codec.hpp"
#include "persistence/producer_table.hpp"
#include "persistence/segment_header.hpp"
#include "persistence/segment_index.hpp"
#include "persistence/slot_catalog_codec.hpp"
#include "persistence/snapshot_manifest.hpp"
#include "persistence/varint.hpp"
#include "test/messages/samples.hpp"

#include <caf/binary_serializer.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>

namespace sluice::test {

namespace {

using namespace persistence;
using chance = std::mt19937_64;
using inputs = std::vector<std::string>;

std::uint64_t below(chance& random, std::uint64_t bound) {
  return random() % bound;
}

append_entry an_entry(chance& random) {
  append_entry entry;
  for (auto count = 1 + below(random, 4); count > 0; --count)
    entry.records.push_back(payload{std::string(below(random, 60), static_cast<char>(random()))});
  entry.timestamp = timestamp_ms{1'700'000'000'000 + below(random, 1000)};
  if (below(random, 2) == 0)
    entry.producer = producer_stamp{"p" + std::to_string(below(random, 3)),
                                    producer_sequence{below(random, 1u << 20)}};
  if (below(random, 4) == 0)
    entry.ownership_epoch = ownership_epoch{below(random, 100)};
  return entry;
}

/// Batches that continue each other.
class history {
public:
  explicit history(chance& random) : random_(random) {}

  std::string next_frame() {
    std::vector<append_entry> entries(1 + below(random_, 3));
    std::generate(entries.begin(), entries.end(), [&] { return an_entry(random_); });
    auto made = encode_batch(entries, {next(last), term{2}, timeline_id{1}, tail}, 0);
    if (!made)
      throw std::logic_error(describe(made.error()));
    last = made->batch.last;
    tail = made->batch.tail_digest;
    return std::string{made->batch.bytes.view()};
  }

  lsn last{41};
  digest tail{0x1122334455667788};

private:
  chance& random_;
};

segment_header a_header(chance& random, std::uint64_t capacity) {
  segment_header header;
  header.cluster = "shop";
  header.timeline = timeline_id{1};
  header.term = term{2};
  header.first = lsn{42};
  header.generation = 1 + static_cast<std::uint32_t>(below(random, 5));
  header.previous_digest = digest{0x1122334455667788};
  header.capacity = capacity;
  header.salt = random();
  header.created_at = timestamp_ms{1'700'000'000'000};
  header.oldest = lsn{40};
  return header;
}

std::string bytes_of(const mark& x) {
  std::string bytes(mark_bytes, '\0');
  encode(x, bytes.data());
  return bytes;
}

std::string a_segment(chance& random) {
  auto header = a_header(random, 8192);
  auto bytes = encode(header);
  history log{random};
  auto groups = 1 + below(random, 6);
  for (std::uint64_t i = 0; i < groups; ++i) {
    auto kind = i + 1 < groups ? mark_kind::group : static_cast<mark_kind>(below(random, 3));
    bytes += bytes_of({kind, header.salt, log.last, log.tail, lsn{40}, bytes.size()});
    for (auto count = 1 + below(random, 3); i + 1 < groups && count > 0; --count)
      bytes += log.next_frame();
  }
  if (below(random, 3) == 0)
    bytes +=
        bytes_of({mark_kind::segment_end, header.salt, log.last, log.tail, lsn{40}, bytes.size()});
  bytes.resize(std::max<std::size_t>(bytes.size(), 8192));
  return bytes;
}

producer_table a_table(chance& random) {
  producer_table table{{}};
  for (auto count = below(random, 40); count > 0; --count) {
    lsn first{1 + below(random, 1000)};
    table.remember({"p" + std::to_string(below(random, 10)), producer_sequence{below(random, 60)}},
                   {{first, last_of(first, 1 + below(random, 4))},
                    term{1 + below(random, 3)},
                    timeline_id{1}});
  }
  return table;
}

std::string an_index(chance& random) {
  segment_index index;
  index.salt = random();
  index.first = lsn{42};
  index.generation = 3;
  index.tail_digest = digest{random()};
  index.last_term = term{2};
  index.last_timeline = timeline_id{1};
  std::uint64_t at = segment_header_bytes + mark_bytes;
  auto position = index.first;
  for (auto count = below(random, 5); count > 0; --count) {
    index.entries.push_back({position, at, digest{random()}});
    position = lsn{position.value + 1 + below(random, 50)};
    at += 8 * (1 + below(random, 10'000));
  }
  index.last = position;
  index.end_offset = at;
  index.producers = a_table(random).snapshot();
  return encode(index);
}

std::string a_node_state(chance& random) {
  node_state state;
  state.node = "n1";
  state.region = "eu";
  state.cluster = "shop";
  state.role = below(random, 2) == 0 ? node_role::primary : node_role::replica;
  state.storage = storage_id{random()};
  state.incarnation = incarnation{below(random, 100)};
  state.term = term{5};
  state.timeline = timeline_id{2};
  state.history = {{timeline_id{1}, {}, no_lsn, {}, term{1}, "n1"},
                   {timeline_id{2}, timeline_id{1}, lsn{41}, digest{random()}, term{2}, "n2"}};
  state.members = {"n1", "n2", "n3"};
  state.members_version = 1;
  return encode(node_state_copy{7, state});
}

std::string a_snapshot_manifest(chance& random) {
  snapshot_manifest manifest{lsn{below(random, 100)}, timeline_id{1}, term{2}, digest{3}, {}};
  for (auto count = below(random, 5); count > 0; --count)
    manifest.chunks.push_back({1 + below(random, 1u << 22), digest{random()}});
  return encode(manifest);
}

std::string a_slot_catalog(chance& random) {
  slot_catalog_copy copy{below(random, 100), {{}, "why"}};
  for (auto count = below(random, 4); count > 0; --count) {
    auto& slot = copy.list.slots.emplace_back();
    slot.id = "r" + std::to_string(count);
    slot.storage = storage_id{random()};
    slot.confirmed_flush_lsn = slot.restart_lsn = lsn{1000 + below(random, 1000)};
    slot.confirmed_apply_lsn = lsn{below(random, 1000)};
    slot.last_seen = timestamp_ms{1'700'000'000'000};
    if (below(random, 2) == 0)
      slot.invalidated = replication::slot_invalidation{replication::invalidation_cause::horizon,
                                                        timestamp_ms{below(random, 1000)}};
    if (below(random, 2) == 0)
      slot.limits = {4096, {}, std::chrono::seconds{1}};
  }
  return encode(copy);
}

template <class T>
std::string wire_bytes(char selector, T x) {
  std::vector<char> bytes;
  caf::binary_serializer sink{nullptr, bytes};
  if (sink(x))
    throw std::logic_error("a sample cannot be sent");
  return selector + std::string{bytes.begin(), bytes.end()};
}

/// In the order in which fuzz_wire chooses.
inputs wire_inputs(chance&) {
  messages::stream_batches batches{true, a_stream_header(), {payload{"block"}}};
  return {wire_bytes(0, a_hello()),
          wire_bytes(1, a_welcome()),
          wire_bytes(2, a_rejected()),
          wire_bytes(3, a_replica_ack()),
          wire_bytes(4, batches),
          wire_bytes(5, messages::heartbeat{true, a_stream_header()}),
          wire_bytes(6, a_client_hello()),
          wire_bytes(7, a_client_welcome()),
          wire_bytes(8, an_append_many()),
          wire_bytes(9, a_committed_many()),
          wire_bytes(10, a_read_request()),
          wire_bytes(11, a_read_reply()),
          wire_bytes(12, messages::status_request{}),
          wire_bytes(13, a_status_reply()),
          wire_bytes(14, a_control_request()),
          wire_bytes(15, a_control_reply()),
          wire_bytes(16, messages::topology_request{}),
          wire_bytes(17, messages::topology_subscribe{}),
          wire_bytes(18, a_topology_reply()),
          wire_bytes(19, messages::topology_seen{}),
          wire_bytes(20, a_rebootstrap()),
          wire_bytes(21, a_grant_request()),
          wire_bytes(22, a_grant_reply()),
          wire_bytes(23, a_rewind()),
          wire_bytes(24, a_snapshot_needed()),
          wire_bytes(25, a_snapshot_request()),
          wire_bytes(26, a_snapshot_refused()),
          wire_bytes(27, a_snapshot_building()),
          wire_bytes(28, a_snapshot_offer()),
          wire_bytes(29, a_snapshot_chunk()),
          wire_bytes(30, a_snapshot_staged())};
}

inputs frame_inputs(chance& random) {
  inputs all;
  for (int i = 0; i < 6; ++i) {
    history log{random};
    auto& block = all.emplace_back();
    for (auto count = 1 + below(random, 4); count > 0; --count)
      block += log.next_frame();
  }
  return all;
}

/// Snapshots of today's format, and one of the first that there was.
inputs producer_inputs(chance& random) {
  inputs all(6);
  std::generate(all.begin(), all.end(), [&] { return a_table(random).snapshot(); });
  all.emplace_back("\x01\x05web-1\x00\x01\xac\x02\x54\x04\x02\x01", 15);
  return all;
}

inputs varint_inputs(chance& random) {
  inputs all;
  for (int shift = 0; shift < 64; shift += 7) {
    char bytes[10];
    auto* end = put_varint(bytes, random() >> shift);
    all.emplace_back(bytes, end);
  }
  return all;
}

/// Several of what `make` makes.
template <class Make>
std::function<inputs(chance&)> some(Make make) {
  return [make](chance& random) {
    inputs all(6);
    std::generate(all.begin(), all.end(), [&] { return make(random); });
    return all;
  };
}

std::function<inputs(chance&)> texts(inputs all) {
  return [all = std::move(all)](chance&) { return all; };
}

const std::map<std::string, std::function<inputs(chance&)>, std::less<>>& builders() {
  static const std::map<std::string, std::function<inputs(chance&)>, std::less<>> all = {
      {"frames", frame_inputs},
      {"segment_header", some([](chance& random) { return encode(a_header(random, 1 << 20)); })},
      {"segment_scan", some(a_segment)},
      {"mark", some([](chance& random) {
         return bytes_of({static_cast<mark_kind>(below(random, 3)), random(), lsn{random()},
                          digest{random()}, lsn{1}, 8 * below(random, 1000)});
       })},
      {"index", some(an_index)},
      {"producer_table", producer_inputs},
      {"node_state", some(a_node_state)},
      {"slot_catalog", some(a_slot_catalog)},
      {"snapshot_manifest", some(a_snapshot_manifest)},
      {"varint", varint_inputs},
      {"wire", wire_inputs},
      {"policy", texts({"local", "quorum", "ack_n=2", "regions=eu", "regions=eu,us-west.2"})},
      {"units", texts({"0", "500ms", "5s", "2m", "24h", "64K", "16M", "1G", "2T", "1000"})},
      {"endpoints", texts({"127.0.0.1:4150", "[::1]:0", "a.example:65535,b-2:1,[fe80::1]:9"})},
      {"config_file",
       texts({"[sluice]\nlisten = \"127.0.0.1:0\"\nsegment-size = \"1M\"\n; a comment\n",
              "[sluice]\ncommit-timeout = 5s\nmax-slots = 7\nmembers = \"a,b,c\"\n",
              "sluice {\n  policy = \"ack_n=2\"\n}\n", "\n"})},
  };
  return all;
}

} // namespace

std::vector<std::string> seeds_of(std::string_view target, std::uint64_t seed) {
  chance random{seed};
  auto found = builders().find(target);
  return found == builders().end() ? inputs{} : found->second(random);
}

} // namespace sluice::test
