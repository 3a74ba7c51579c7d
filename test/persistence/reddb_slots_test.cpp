#include "persistence/reddb_slots.hpp"

#include "persistence/checksum.hpp"
#include "persistence/little_endian.hpp"
#include "test/support/memory_vfs.hpp"

#include <sluice/errc.hpp>

#include <gtest/gtest.h>

namespace sluice::test {

namespace {

using namespace persistence;
using replication::invalidation_cause;
using replication::slot;
using replication::slot_invalidation;

/// Puts a catalog together field by field, from the published layout.
struct catalog_bytes {
  template <class UInt>
  catalog_bytes& add(UInt x) {
    char field[sizeof(UInt)];
    put_little_endian(field, x);
    bytes.append(field, sizeof(field));
    return *this;
  }
  catalog_bytes& text(const std::string& x) {
    add(static_cast<std::uint32_t>(x.size()));
    bytes += x;
    return *this;
  }
  catalog_bytes& header(std::uint16_t version, std::uint32_t count) {
    bytes = "RDSLOT01";
    return add(version).add(std::uint64_t{1}).add(count);
  }
  catalog_bytes& positions(std::uint64_t restart, std::uint64_t write, std::uint64_t flush,
                           std::uint64_t apply) {
    return add(restart).add(write).add(flush).add(apply);
  }
  catalog_bytes& wide(std::uint64_t x) { return add(x).add(std::uint64_t{0}); }
  catalog_bytes& tag(std::uint8_t x) { return add(x); }
  std::string done() const {
    auto all = *this;
    all.add(crc32(bytes));
    return all.bytes;
  }
  std::string bytes;
};

slot expected(const std::string& id, std::uint64_t restart, std::uint64_t flush,
              std::uint64_t apply, std::uint64_t last_seen) {
  slot x;
  x.id = id;
  x.restart_lsn = lsn{restart};
  x.confirmed_flush_lsn = lsn{flush};
  x.confirmed_apply_lsn = lsn{apply};
  x.last_seen = timestamp_ms{last_seen};
  return x;
}

slot lost(slot x, invalidation_cause cause, std::uint64_t since) {
  x.invalidated = slot_invalidation{cause, timestamp_ms{since}};
  return x;
}

TEST(crc32, is_that_of_zlib) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926u);
}

// Write 10, flush 8, apply 8, active
TEST(reddb_slots, reads_version_2) {
  auto bytes = catalog_bytes{}
                   .header(2, 3)
                   .text("a")
                   .positions(8, 10, 8, 8)
                   .tag(1)
                   .wide(1234)
                   .tag(0)
                   .tag(0)
                   .text("b")
                   .positions(2, 2, 2, 1)
                   .tag(1)
                   .wide(1)
                   .tag(1)
                   .text("idle-timeout")
                   .tag(1)
                   .wide(77)
                   .text("c")
                   .positions(3, 3, 3, 3)
                   .tag(0)
                   .wide(2)
                   .tag(0)
                   .tag(0)
                   .done();
  auto read = read_reddb_slot_catalog(bytes);
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(*read, (std::vector<slot>{
                       expected("a", 8, 8, 8, 1234),
                       lost(expected("b", 2, 2, 1, 1), invalidation_cause::idle_timeout, 77),
                       lost(expected("c", 3, 3, 3, 2), invalidation_cause::horizon, 0),
                   }));
}

TEST(reddb_slots, reads_version_1) {
  auto bytes = catalog_bytes{}
                   .header(1, 2)
                   .text("a")
                   .positions(13, 17, 13, 13)
                   .tag(1)
                   .text("b")
                   .positions(1, 1, 1, 1)
                   .tag(0)
                   .done();
  auto read = read_reddb_slot_catalog(bytes);
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(*read, (std::vector<slot>{
                       expected("a", 13, 13, 13, 0),
                       lost(expected("b", 1, 1, 1, 0), invalidation_cause::horizon, 0),
                   }));
}

TEST(reddb_slots, refuses_what_is_damaged) {
  auto good = catalog_bytes{}.header(1, 1).text("a").positions(1, 1, 1, 1).tag(1).done();
  ASSERT_TRUE(read_reddb_slot_catalog(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto damaged = good;
    damaged[i] ^= 1;
    EXPECT_EQ(code_of(read_reddb_slot_catalog(damaged).error()), errc::corruption) << i;
    EXPECT_FALSE(read_reddb_slot_catalog(good.substr(0, i))) << i;
  }
}

TEST(reddb_slots, refuses_what_its_own_reader_would) {
  auto code = [](const catalog_bytes& from) {
    return code_of(read_reddb_slot_catalog(from.done()).error());
  };
  auto one = [](std::uint16_t version) { return catalog_bytes{}.header(version, 1).text("a"); };
  EXPECT_EQ(code(one(1).positions(1, 2, 2, 3).tag(1)), errc::corruption);
  EXPECT_EQ(code(one(1).positions(1, 1, 2, 1).tag(1)), errc::corruption);
  EXPECT_EQ(code(one(1).positions(1, 1, 1, 1).tag(2)), errc::corruption);
  EXPECT_EQ(code(one(1).positions(1, 1, 1, 1).tag(1).tag(0)), errc::corruption);
  EXPECT_EQ(code(catalog_bytes{}.header(1, 0xFFFFFFFF)), errc::corruption);
  EXPECT_EQ(code(one(3).positions(1, 1, 1, 1).tag(1)), errc::unknown_version);
}

TEST(reddb_slots, leaves_out_ids_that_are_no_names) {
  auto bytes = catalog_bytes{}.header(1, 1).text("../a").positions(1, 1, 1, 1).tag(1).done();
  EXPECT_TRUE(read_reddb_slot_catalog(bytes)->empty());
}

TEST(reddb_slots, reads_the_legacy_json) {
  auto read = read_reddb_slot_json(R"({"slots": [
    {"id": "a", "restart_lsn": 10, "confirmed_lsn": 25, "last_seen_at_unix_ms": 1234},
    {"id": "b", "restart_lsn": 3, "confirmed_lsn": 3, "last_seen_at_unix_ms": 5,
     "invalidation_reason": "wal-removed", "invalidated_at_unix_ms": 9},
    {"id": "c", "restart_lsn": 4, "confirmed_lsn": 4, "invalidation_reason": "who knows"},
    {"id": "no positions"}, 7, {"restart_lsn": 1, "confirmed_lsn": 1}]})");
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(*read, (std::vector<slot>{
                       expected("a", 10, 10, 10, 1234),
                       lost(expected("b", 3, 3, 3, 5), invalidation_cause::wal_removed, 9),
                       expected("c", 4, 4, 4, 0),
                   }));
}

TEST(reddb_slots, refuses_json_of_something_else) {
  for (const auto* text : {"", "{", "[]", "{}", R"({"slots": 1})", "\xFF\xFE"})
    EXPECT_EQ(code_of(read_reddb_slot_json(text).error()), errc::corruption) << text;
}

// Either store alone is enough
TEST(reddb_slots, takes_the_newer_of_both_stores_slot_by_slot) {
  std::vector<slot> binary{expected("a", 8, 8, 7, 5), expected("b", 4, 4, 4, 5),
                           expected("only", 1, 1, 1, 1), expected("same", 6, 6, 5, 5)};
  std::vector<slot> json{expected("a", 6, 6, 6, 9), expected("b", 5, 5, 5, 1),
                         expected("other", 2, 2, 2, 2), expected("same", 6, 6, 6, 5)};
  EXPECT_EQ(merge_reddb_slots(binary, json),
            (std::vector<slot>{expected("a", 8, 8, 7, 5), expected("b", 5, 5, 5, 1),
                               expected("only", 1, 1, 1, 1), expected("other", 2, 2, 2, 2),
                               expected("same", 6, 6, 5, 5)}));
  EXPECT_EQ(merge_reddb_slots({}, json), json);
  EXPECT_EQ(merge_reddb_slots(binary, {}), binary);
}

TEST(reddb_slots, loads_both_stores_whatever_their_order) {
  memory_vfs disk;
  ASSERT_FALSE(disk.create_directories("/old"));
  catalog_bytes bytes;
  bytes.header(1, 1).text("a").positions(8, 9, 8, 7).tag(1);
  disk.set_content("/old/binary", bytes.done());
  disk.set_content("/old/json", R"({"slots": [
    {"id": "a", "restart_lsn": 6, "confirmed_lsn": 6},
    {"id": "b", "restart_lsn": 2, "confirmed_lsn": 2}]})");
  std::vector<slot> both{expected("a", 8, 8, 7, 0), expected("b", 2, 2, 2, 0)};
  EXPECT_EQ(*load_reddb_slots(disk, {"/old/binary", "/old/json"}), both);
  EXPECT_EQ(*load_reddb_slots(disk, {"/old/json", "/old/binary"}), both);
  EXPECT_TRUE(load_reddb_slots(disk, {})->empty());
}

TEST(reddb_slots, names_the_file_that_cannot_be_used) {
  memory_vfs disk;
  ASSERT_FALSE(disk.create_directories("/old"));
  disk.set_content("/old/rotten", "RDSLOT01 and nothing more");
  auto read = load_reddb_slots(disk, {"/old/rotten"});
  EXPECT_EQ(code_of(read.error()), errc::corruption);
  EXPECT_NE(describe(read.error()).find("/old/rotten"), std::string::npos);
  EXPECT_EQ(code_of(load_reddb_slots(disk, {"/old/none"}).error()), errc::io_error);
}

} // namespace

} // namespace sluice::test
