#include "persistence/checksum.hpp"
#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <charconv>

namespace sluice::testing {
namespace {

constexpr std::chrono::seconds line_within{20};

/// Records of a length-prefixed dump.
std::vector<std::string> records_of(const std::string& dump) {
  std::vector<std::string> records;
  for (std::size_t at = 0; at + 4 <= dump.size();) {
    std::size_t length = 0;
    for (unsigned i = 0; i < 4; ++i)
      length |= std::size_t{static_cast<unsigned char>(dump[at + i])} << (8 * i);
    records.push_back(dump.substr(at + 4, length));
    at += 4 + length;
  }
  return records;
}

/// Every line of the ack log names a record of the log with that checksum.
void expect_all_acked_are_there(const std::string& ack_log,
                                const std::vector<std::string>& records) {
  for (const auto& line : lines_of(ack_log)) {
    auto position = std::stoull(line);
    ASSERT_LE(position, records.size()) << "acknowledged, and lost";
    std::uint32_t expected = 0;
    auto digits = line.substr(line.find(' ') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), expected, 16);
    ASSERT_EQ(persistence::crc32c(records[position - 1]), expected) << line;
  }
}

void read_lines(tools::child_process& from, int count) {
  for (int i = 0; i < count; ++i)
    ASSERT_TRUE(from.read_line(line_within));
}

TEST(kill_9_of_a_primary, loses_nothing_that_was_acknowledged) {
  constexpr int rounds = 6;
  node_place place;
  for (int round = 0; round < rounds; ++round) {
    auto& node = place.start_primary("p1", {"--segment-size", "1M"});
    auto acks = place.path("acks" + std::to_string(round));
    auto append =
        start_append({"--to", place.address("p1"), "--size", "700", "--count", "100000000",
                      "--in-flight", "64", "--ack-log", acks.string(), "--timeout", "1s"},
                     place.path("append.errors"));
    read_lines(append, 500 + 700 * round);
    node.kill();
    append.kill();
  }
  place.start_primary("p1");
  auto dump = run({"read", "--from", place.address("p1"), "--format", "length-prefixed"});
  ASSERT_EQ(dump.status, 0) << dump.errors;
  auto records = records_of(dump.out);
  for (int round = 0; round < rounds; ++round)
    expect_all_acked_are_there(content_of(place.path("acks" + std::to_string(round))), records);
  place.stop_all();
  auto verified = run({"verify", place.path("p1").string()});
  EXPECT_EQ(verified.status, 0) << verified.out;
}

TEST(kill_9_of_a_primary, is_survived_by_an_append_that_goes_on) {
  node_place place;
  place.start_cluster();
  constexpr const char* count = "20000";
  auto append = start_append({"--to", place.address("p1"), "--size", "100", "--count", count,
                              "--in-flight", "64", "--timeout", "20s"},
                             place.path("append.errors"));
  for (int round = 0; round < 3; ++round) {
    read_lines(append, 2000);
    place.node("p1").kill();
    ASSERT_FALSE(place.node("p1").restart());
  }
  while (append.read_line(line_within)) {
  }
  EXPECT_EQ(append.wait_for(line_within), 0) << content_of(place.path("append.errors"));
  EXPECT_EQ(place.status("p1")["durable_lsn"], std::stoi(count)) << "nothing stands there twice";
}

TEST(kill_9_of_a_replica, leaves_no_gap_and_no_duplicate) {
  node_place place;
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  auto load = start_append({"--to", place.address("p1"), "--size", "500", "--count", "30000"},
                           place.path("append.errors"));
  for (int round = 0; round < 3; ++round) {
    read_lines(load, 5000);
    place.node("r1").kill();
    read_lines(load, 1000);
    ASSERT_FALSE(place.node("r1").restart());
  }
  while (load.read_line(line_within)) {
  }
  EXPECT_EQ(load.wait_for(line_within), 0);
  auto barrier = run(
      {"append", "--to", place.address("p1"), "--policy", "ack_n=1", "--timeout", "30s"}, "last\n");
  EXPECT_EQ(barrier.out, "30001\n") << barrier.errors;
  place.stop_all();
  auto same = run({"verify", place.path("p1").string(), "--against", place.path("r1").string()});
  EXPECT_EQ(same.status, 0);
  EXPECT_NE(same.out.find("identical first=1 last=30001\n"), std::string::npos) << same.out;
}

} // namespace
} // namespace sluice::testing
