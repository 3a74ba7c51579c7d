// Golden bytes: what stands here is what earlier versions wrote, and opens for ever.
// A change of a golden file is a change of the format, and needs a new version.

#include "persistence/batch_encoder.hpp"
#include "persistence/checksum.hpp"
#include "persistence/frame.hpp"
#include "persistence/little_endian.hpp"
#include "persistence/mark.hpp"
#include "persistence/node_state_codec.hpp"
#include "persistence/producer_table.hpp"
#include "persistence/segment_header.hpp"
#include "persistence/segment_index.hpp"
#include "persistence/slot_catalog_codec.hpp"
#include "persistence/snapshot_manifest.hpp"
#include "persistence/spool_reader.hpp"

#include <sluice/errc.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace sluice::test {

namespace {

using namespace persistence;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in{path};
  EXPECT_TRUE(in) << path;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// 16 bytes a line, as in the document.
std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    text += digits[byte >> 4];
    text += digits[byte & 15];
    text += i % 16 == 15 || i + 1 == bytes.size() ? '\n' : ' ';
  }
  return text;
}

std::string from_hex(const std::string& text) {
  std::istringstream in{text};
  std::string bytes;
  for (std::string byte; in >> byte;)
    bytes += static_cast<char>(std::stoi(byte, nullptr, 16));
  return bytes;
}

/// The golden bytes of `name`, which the document shows too.
std::string golden(const std::string& name) {
  auto hex = text_of(std::filesystem::path{SLUICE_GOLDEN_DIRECTORY} / (name + ".hex"));
  EXPECT_NE(text_of(SLUICE_FORMAT_DOCUMENT).find(hex), std::string::npos)
      << "docs/FORMAT.md does not show " << name;
  return from_hex(hex);
}

segment_header sample_header() {
  segment_header header;
  header.cluster = "shop";
  header.timeline = timeline_id{1};
  header.term = term{2};
  header.first = lsn{42};
  header.generation = 3;
  header.previous_digest = digest{0x1122334455667788};
  header.capacity = 65536;
  header.salt = 0xA1B2C3D4E5F60718;
  header.created_at = timestamp_ms{1700000000000};
  header.oldest = lsn{40};
  return header;
}

mark sample_mark() {
  return {mark_kind::group, 0xA1B2C3D4E5F60718, lsn{41}, digest{0x1122334455667788}, lsn{40}, 192};
}

frame_batch sample_batch() {
  std::vector<append_entry> entries(2);
  entries[0].records = {payload{"alpha"}, payload{}};
  entries[0].timestamp = timestamp_ms{1700000000100};
  entries[0].producer = producer_stamp{"web-1", producer_sequence{300}};
  entries[1].records = {payload{"beta"}};
  entries[1].timestamp = timestamp_ms{1700000000000};
  entries[1].ownership_epoch = ownership_epoch{9};
  auto encoded =
      encode_batch(entries, {lsn{42}, term{2}, timeline_id{1}, digest{0x1122334455667788}}, 0);
  EXPECT_TRUE(encoded);
  return encoded->batch;
}

segment_index sample_index() {
  producer_table table{{}};
  table.remember({"web-1", producer_sequence{300}}, {{lsn{42}, lsn{43}}, term{2}, timeline_id{1}});
  segment_index index;
  index.salt = 0xA1B2C3D4E5F60718;
  index.first = lsn{42};
  index.last = lsn{44};
  index.generation = 3;
  index.end_offset = 344;
  index.tail_digest = sample_batch().tail_digest;
  index.last_term = term{2};
  index.last_timeline = timeline_id{1};
  index.entries = {{lsn{42}, 240, digest{0x1122334455667788}}};
  index.producers = table.snapshot();
  return index;
}

node_state_copy sample_node_state() {
  node_state state;
  state.node = "n1";
  state.region = "eu";
  state.cluster = "shop";
  state.role = node_role::primary;
  state.storage = storage_id{0x0102030405060708};
  state.incarnation = incarnation{5};
  state.term = term{2};
  state.timeline = timeline_id{2};
  state.granted_term = term{2};
  state.granted_to = "n1";
  state.history = {
      {timeline_id{2}, timeline_id{1}, lsn{41}, digest{0x1122334455667788}, term{2}, "n1"}};
  state.members = {"n1", "n2", "n3"};
  state.members_version = 1;
  return {7, state};
}

TEST(format, crc32c_is_the_standard_one) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
}

TEST(format, segment_header) {
  EXPECT_EQ(to_hex(encode(sample_header())), to_hex(golden("segment_header")));
  auto decoded = decode_segment_header(golden("segment_header"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, sample_header());
}

TEST(format, mark) {
  std::string bytes(mark_bytes, '\0');
  encode(sample_mark(), bytes.data());
  EXPECT_EQ(to_hex(bytes), to_hex(golden("mark")));
  auto decoded = decode_mark(golden("mark"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, sample_mark());
}

TEST(format, batch) {
  EXPECT_EQ(to_hex(sample_batch().bytes.view()), to_hex(golden("batch")));
  auto decoded = parse_frames(payload{golden("batch")});
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 1u);
  EXPECT_EQ(decoded->front(), sample_batch());
}

TEST(format, index) {
  EXPECT_EQ(to_hex(encode(sample_index())), to_hex(golden("index")));
  auto decoded = decode_segment_index(golden("index"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, sample_index());
}

TEST(format, index_as_its_first_version_was) {
  auto decoded = decode_segment_index(golden("index_v1"));
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->producers_format, producer_format::sequences);
  producer_table table{{}};
  ASSERT_TRUE(table.restore(decoded->producers, decoded->producers_format));
  EXPECT_EQ(table.snapshot(), sample_index().producers);
}

TEST(format, an_index_of_a_newer_version_is_refused) {
  auto bytes = golden("index");
  bytes[4] = 3;
  put_little_endian(bytes.data() + bytes.size() - 4,
                    crc32c(std::string_view{bytes}.substr(0, bytes.size() - 4)));
  auto decoded = decode_segment_index(bytes);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(code_of(decoded.error()), errc::unknown_version);
}

TEST(format, node_state) {
  EXPECT_EQ(to_hex(encode(sample_node_state())), to_hex(golden("node_state")));
  auto decoded = decode_node_state(golden("node_state"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, sample_node_state());
}

TEST(format, node_state_of_a_log_that_is_to_begin_anew) {
  auto sample = sample_node_state();
  sample.state.restart = log_restart{.first = lsn{45},
                                     .before = digest{0x1122334455667788},
                                     .last_term = term{2},
                                     .producers = sample_index().producers};
  EXPECT_EQ(to_hex(encode(sample)), to_hex(golden("node_state_restart")));
  auto decoded = decode_node_state(golden("node_state_restart"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, sample);
}

/// With a byte of it changed and its checksum, the last four bytes, put right.
std::string resealed(std::string bytes, std::size_t at) {
  bytes[at] = 1;
  auto covered = bytes.size() - 4;
  put_little_endian(bytes.data() + covered, crc32c({bytes.data(), covered}));
  return bytes;
}

TEST(format, reserved_bytes_are_zero) {
  auto index = decode_segment_index(resealed(golden("index"), 68));
  EXPECT_EQ(code_of(index.error()), errc::corruption);
  for (std::size_t at : {6u, 20u}) {
    auto state = decode_node_state(resealed(golden("node_state"), at));
    EXPECT_EQ(code_of(state.error()), errc::corruption);
    auto slots = decode_slot_catalog(resealed(golden("slot_catalog"), at));
    ASSERT_FALSE(slots);
    EXPECT_EQ(code_of(slots.error()), errc::corruption);
  }
}

slot_catalog_copy sample_slot_catalog() {
  replication::slot valid;
  valid.id = "r1";
  valid.storage = storage_id{0x0102030405060708};
  valid.restart_lsn = lsn{42};
  valid.confirmed_flush_lsn = lsn{42};
  valid.confirmed_apply_lsn = lsn{41};
  valid.last_seen = timestamp_ms{1700000000000};
  replication::slot lost;
  lost.id = "r2";
  lost.restart_lsn = lsn{7};
  lost.invalidated = replication::slot_invalidation{replication::invalidation_cause::horizon,
                                                    timestamp_ms{1700000000000}};
  lost.limits = slot_limit_overrides{4096, 10, std::chrono::seconds{1}};
  lost.idle_before = std::chrono::milliseconds{1500};
  return {9, {{valid, lost}, "why"}};
}

TEST(format, slot_catalog) {
  EXPECT_EQ(to_hex(encode(sample_slot_catalog())), to_hex(golden("slot_catalog")));
  auto decoded = decode_slot_catalog(golden("slot_catalog"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, sample_slot_catalog());
}

snapshot_manifest sample_snapshot_manifest() {
  snapshot_manifest sample{lsn{42}, timeline_id{2}, term{3}, digest{0x0102030405060708},
                           {},      term{2}};
  sample.chunks = {chunk_of(std::string(300, 'a')), chunk_of("last")};
  return sample;
}

TEST(format, snapshot_manifest) {
  auto sample = sample_snapshot_manifest();
  EXPECT_EQ(to_hex(encode(sample)), to_hex(golden("snapshot_manifest")));
  auto decoded = decode_snapshot_manifest(golden("snapshot_manifest"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, sample);
}

TEST(format, snapshot_manifest_that_tells_of_producers) {
  auto sample = sample_snapshot_manifest();
  sample.producers = sample_index().producers;
  EXPECT_EQ(to_hex(encode(sample)), to_hex(golden("snapshot_manifest_producers")));
  auto decoded = decode_snapshot_manifest(golden("snapshot_manifest_producers"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, sample);
}

} // namespace

} // namespace sluice::test
