#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace sluice::testing {
namespace {

/// Runs a line of the shell in which `$TOOL` is the tool.
run_result shell(const std::string& line) {
  return run_program({"/usr/bin/env", "TOOL=" + tool().string(), "/bin/bash", "-c", line});
}

class output : public ::testing::Test {
protected:
  output() {
    place.start_primary("p1");
    EXPECT_EQ(
        run({"append", "--to", place.address("p1"), "--size", "100", "--count", "3000", "--quiet"})
            .status,
        0);
  }

  /// Every command that prints data, as the shell would run it.
  std::vector<std::string> commands() {
    auto address = place.address("p1");
    auto data = place.path("p1").string();
    return {"echo x | $TOOL append --to " + address,
            "echo x | $TOOL append --json --to " + address,
            "$TOOL read --from " + address,
            "$TOOL read --data " + data,
            "$TOOL status --of " + address,
            "$TOOL status --json --of " + address,
            "$TOOL inspect --records " + data,
            "$TOOL verify " + data,
            "$TOOL config show",
            "$TOOL config show --json"};
  }

  node_place place;
};

TEST_F(output, that_cannot_be_written_fails_the_command) {
  for (const auto& command : commands()) {
    auto said = shell(command + " > /dev/full");
    EXPECT_EQ(said.status, 1) << command << ": " << said.errors;
    EXPECT_TRUE(said.errors_mention("No space left on device")) << command << ": " << said.errors;
  }
}

TEST_F(output, that_nobody_reads_ends_the_command_quietly) {
  for (const auto& command : commands())
    for (const std::string signal : {"", "trap '' PIPE; "}) {
      auto said = shell(signal + "{ " + command + "; } | head -c 1 > /dev/null");
      EXPECT_EQ(said.status, 0) << command << ": " << said.errors;
      EXPECT_FALSE(said.errors_mention("sluice:")) << signal << command << ": " << said.errors;
    }
}

TEST(follow, ends_when_the_node_comes_back_with_a_shorter_log) {
  node_place place;
  place.start_primary("p1");
  auto listen = place.node("p1").listening();
  EXPECT_EQ(run({"append", "--to", place.address("p1")}, "a\nb\nc\n").status, 0);
  tools::child_start start;
  start.program = tool();
  start.arguments = {"read", "--from", to_string(listen), "--follow", "--timeout", "1s"};
  start.errors = place.path("read.errors");
  auto reader = tools::child_process::start(start);
  ASSERT_TRUE(reader);
  for (const auto* text : {"a", "b", "c"}) {
    auto line = reader->read_line(std::chrono::seconds{20});
    ASSERT_TRUE(line);
    EXPECT_EQ(*line, text);
  }
  place.node("p1").kill();
  place.start_primary_at(listen, "another");
  EXPECT_EQ(run({"append", "--to", to_string(listen)}, "x\n").status, 0);
  EXPECT_EQ(reader->wait_for(std::chrono::seconds{40}), 1) << content_of(start.errors);
  auto said = content_of(start.errors);
  EXPECT_NE(said.find("ends with LSN 1, and LSN 3 was there before"), std::string::npos) << said;
  EXPECT_NE(said.find("--after 0"), std::string::npos) << said;
}

TEST(follow, goes_on_where_it_was_when_the_node_was_killed_and_restarted) {
  node_place place;
  place.start_primary("p1");
  auto listen = place.node("p1").listening();
  auto address = place.address("p1");
  tools::child_start start;
  start.program = tool();
  start.arguments = {"read", "--from", address, "--follow", "--limit", "6", "--timeout", "1s"};
  start.errors = place.path("read.errors");
  auto reader = tools::child_process::start(start);
  ASSERT_TRUE(reader);
  std::unique_ptr<tools::node_process> again;
  int number = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 2; ++i) {
      auto text = std::to_string(++number);
      ASSERT_EQ(run({"append", "--to", address}, text + "\n").status, 0);
      auto line = reader->read_line(std::chrono::seconds{20});
      ASSERT_TRUE(line) << content_of(start.errors);
      EXPECT_EQ(*line, text);
    }
    if (round == 2)
      break;
    (again ? *again : place.node("p1")).kill();
    tools::node_process_start what;
    what.program = tool();
    what.arguments = {"primary", "--data", place.path("p1").string()};
    what.listen = listen;
    what.log = place.path("again.log");
    auto node = tools::node_process::start(what);
    ASSERT_TRUE(node) << place.log_of("again");
    again = std::make_unique<tools::node_process>(std::move(*node));
  }
  EXPECT_EQ(reader->wait_for(std::chrono::seconds{20}), 0) << content_of(start.errors);
  auto said = lines_of(content_of(start.errors));
  EXPECT_GE(said.size(), 1u) << "an outage is told";
  EXPECT_LE(said.size(), 2u) << "and once: " << content_of(start.errors);
}

} // namespace
} // namespace sluice::testing
