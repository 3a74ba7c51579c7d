#include "persistence/checksum.hpp"
#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace sluice::testing {
namespace {

class append : public ::testing::Test {
protected:
  append() { place.start_primary("p1"); }

  run_result append_text(const std::string& input, const arguments& options = {}) {
    return run(joined({"append", "--to", place.address("p1")}, options), input);
  }

  std::string read_back(const arguments& options = {}) {
    auto said = run(joined({"read", "--from", place.address("p1")}, options));
    EXPECT_EQ(said.status, 0) << said.errors;
    return said.out;
  }

  node_place place;
};

std::string crc_line(std::uint64_t lsn, std::string_view text) {
  char line[64];
  std::snprintf(line, sizeof line, "%llu %08x\n", static_cast<unsigned long long>(lsn),
                persistence::crc32c(text));
  return line;
}

TEST_F(append, prints_the_lsn_of_each_record_and_the_sum) {
  auto said = append_text("one\n\nthree");
  EXPECT_EQ(said.status, 0);
  EXPECT_EQ(said.out, "1\n2\n3\n");
  EXPECT_TRUE(said.errors_mention("records=3 bytes=8 ")) << said.errors;
  EXPECT_EQ(read_back(), "one\n\nthree\n");
}

TEST_F(append, prints_one_object_with_json) {
  auto said = append_text("a\nb\n", {"--json"});
  auto sum = nlohmann::json::parse(said.out);
  EXPECT_EQ(sum["records"], 2);
  EXPECT_EQ(sum["bytes"], 2);
  EXPECT_EQ(sum["failed"], 0);
  EXPECT_EQ(sum["unknown"], 0);
  EXPECT_EQ(sum["last_lsn"], 2);
  for (const auto* key : {"seconds", "rate", "p50_us", "p99_us"})
    EXPECT_TRUE(sum.contains(key)) << key;
}

TEST_F(append, writes_an_ack_log_that_replaces_an_older_one) {
  auto file = place.path("acks");
  write_file(file, "old\n");
  EXPECT_EQ(append_text("x\ny\n", {"--ack-log", file.string()}).status, 0);
  EXPECT_EQ(content_of(file), crc_line(1, "x") + crc_line(2, "y"));
}

TEST_F(append, takes_records_of_any_bytes_by_their_length) {
  std::string input{"\x03\0\0\0a\nb\0\0\0\0\x01\0\0\0\0", 16};
  EXPECT_EQ(append_text(input, {"--length-prefixed"}).out, "1\n2\n3\n");
  EXPECT_EQ(read_back({"--format", "length-prefixed"}), input);
  EXPECT_EQ(read_back({"--format", "hex", "--limit", "1"}), "610a62\n");
  EXPECT_EQ(read_back({"--format", "raw", "--through", "2"}), "a\nb");
  auto json = nlohmann::json::parse(read_back({"--format", "json", "--after", "2"}));
  EXPECT_EQ(json["lsn"], 3);
  EXPECT_EQ(json["payload_base64"], "AA==");
}

TEST_F(append, refuses_input_that_ends_inside_of_a_record) {
  EXPECT_EQ(append_text(std::string{"\x09\0\0\0abc", 7}, {"--length-prefixed"}).status, 1);
}

TEST_F(append, ends_at_once_without_input) {
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(append_text("").status, 0) << "its connection was just being made";
}

TEST_F(append, generates_numbered_records) {
  EXPECT_EQ(append_text("", {"--size", "40", "--count", "3", "--quiet"}).out, "");
  auto lines = lines_of(read_back());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1].substr(0, 11), "0000000002:");
  EXPECT_EQ(lines[1].size(), 40u);
}

TEST_F(append, makes_one_append_of_several_records) {
  EXPECT_EQ(append_text("a\nb\nc\n", {"--batch", "2"}).out, "1\n2\n3\n");
  EXPECT_EQ(append_text("d\ne\n", {"--atomic"}).out, "4\n5\n");
  EXPECT_EQ(read_back(), "a\nb\nc\nd\ne\n");
}

TEST_F(append, refuses_all_of_an_atomic_input_that_is_too_large) {
  auto said = append_text("", {"--atomic", "--size", "1M", "--count", "40"});
  EXPECT_EQ(said.status, 1) << said.errors;
  EXPECT_EQ(place.status("p1")["written_lsn"], 0);
}

TEST_F(append, refuses_an_atomic_input_of_too_many_records_at_once) {
  auto began = std::chrono::steady_clock::now();
  auto said = append_text(std::string(6'000'000, '\n'), {"--atomic", "--timeout", "30s"});
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{10});
  EXPECT_EQ(said.status, 1);
  EXPECT_TRUE(said.errors_mention("batch_too_large")) << said.errors;
  EXPECT_EQ(place.status("p1")["written_lsn"], 0);
}

TEST_F(append, refuses_batches_that_no_node_takes) {
  auto said = append_text("", {"--batch", "30", "--size", "1M", "--count", "30"});
  EXPECT_EQ(said.status, 1);
  EXPECT_TRUE(said.errors_mention("too_large")) << said.errors;
  EXPECT_EQ(place.status("p1")["written_lsn"], 0);
}

TEST_F(append, doubles_nothing_under_the_same_producer) {
  auto first = append_text("a\nb\n", {"--producer", "me"});
  auto again = append_text("a\nb\nc\n", {"--producer", "me"});
  EXPECT_EQ(again.out, "1\n2\n3\n") << again.errors;
  EXPECT_EQ(read_back(), "a\nb\nc\n");
}

std::string numbered_lines(int count, const std::string& prefix) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += prefix + std::to_string(i) + "\n";
  return text;
}

TEST_F(append, doubles_nothing_of_a_long_input_after_a_restart_and_new_segments) {
  place.node("p1").stop();
  place.start_primary("p1", {"--segment-size", "64K"});
  auto input = numbered_lines(20'000, "");
  auto first = append_text(input, {"--producer", "me"});
  ASSERT_EQ(first.status, 0) << first.errors;
  EXPECT_EQ(append_text("", {"--size", "1K", "--count", "200", "--quiet"}).status, 0);
  place.node("p1").stop();
  place.start_primary("p1", {"--segment-size", "64K"});
  auto again = append_text(input, {"--producer", "me"});
  EXPECT_EQ(again.status, 0) << again.errors;
  EXPECT_EQ(again.out, first.out);
  EXPECT_EQ(place.status("p1")["written_lsn"], 20'200);
}

TEST_F(append, doubles_nothing_of_two_long_inputs_that_came_at_the_same_time) {
  auto append_both = [&](const std::string& pass) {
    std::vector<tools::child_process> running;
    for (const std::string producer : {"a", "b"})
      running.push_back(start_append({"--to", place.address("p1"), "--producer", producer,
                                      "--in-flight", "64", "--size", "40", "--count", "20000"},
                                     place.path(producer + pass + ".errors"),
                                     place.path(producer + pass)));
    for (auto& one : running)
      EXPECT_EQ(one.wait_for(std::chrono::seconds{60}), 0);
  };
  append_both("1");
  place.node("p1").stop();
  place.start_primary("p1");
  append_both("2");
  for (const std::string producer : {"a", "b"})
    EXPECT_EQ(content_of(place.path(producer + "2")), content_of(place.path(producer + "1")));
  EXPECT_EQ(place.status("p1")["written_lsn"], 40'000);
}

TEST_F(append, expects_an_lsn) {
  EXPECT_EQ(append_text("a\nb\n", {"--expect-lsn", "1"}).status, 0);
  EXPECT_EQ(append_text("a\nb\n", {"--expect-lsn", "1"}).out, "1\n2\n") << "a retry joins";
  auto other = append_text("x\n", {"--expect-lsn", "2"});
  EXPECT_EQ(other.status, 1);
  EXPECT_TRUE(other.errors_mention("\nlsn_mismatch next=3\n")) << other.errors;
  EXPECT_EQ(read_back(), "a\nb\n");
}

TEST_F(append, reads_options_from_the_environment_and_a_file) {
  auto file = place.path("sluice.ini");
  write_file(file, "[sluice]\nin-flight=7\ntimeout=\"9s\"\n");
  auto said = run_program({"/usr/bin/env", "SLUICE_TIMEOUT=8s", tool().string(), "config", "show",
                           "--for", "client", "--config", file.string(), "--json"});
  auto values = nlohmann::json::parse(said.out);
  EXPECT_EQ(values["in-flight"], (nlohmann::json{{"value", "7"}, {"source", file.string()}}));
  EXPECT_EQ(values["timeout"]["value"], "8s");
  EXPECT_EQ(values["timeout"]["source"], "SLUICE_TIMEOUT");
  EXPECT_EQ(values["log-level"]["source"], "default");
}

} // namespace
} // namespace sluice::testing
