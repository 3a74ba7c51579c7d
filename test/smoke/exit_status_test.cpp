#include "test/support/process.hpp"

#include <gtest/gtest.h>

namespace sluice::testing {
namespace {

TEST(exit_status, is_2_for_bad_usage) {
  node_place place;
  auto data = place.path("p1").string();
  for (const auto& words :
       std::vector<arguments>{{},
                              {"frobnicate"},
                              {"primary"},
                              {"primary", "--data", data, "--frobnicate"},
                              {"primary", "--data", data, "--policy", "most"},
                              {"primary", "--data", data, "--policy", "remote_wal"},
                              {"primary", "--data", data, "--policy", "quorum"},
                              {"primary", "--data", data, "--members", "a,b", "--name", "c"},
                              {"primary", "--data", data, "--listen", "0.0.0.0:0"},
                              {"primary", "--data", data, "--http", "127.0.0.1:0"},
                              {"primary", "--data", data, "--name", ".."},
                              {"primary", "--data", data, "--segment-size", "1Q"},
                              {"replica", "--data", data, "--name", "r1"},
                              {"replica", "--data", data, "--name", "r1", "--primary", "nowhere"},
                              {"append"},
                              {"append", "--to", "127.0.0.1:1", "--policy", "some"},
                              {"append", "--to", "127.0.0.1:1", "--timeout", "5"},
                              {"append", "--to", "127.0.0.1:1", "--producer", "a/b"},
                              {"append", "--to", "127.0.0.1:1", "--size", "1K"},
                              {"append", "--to", "127.0.0.1:1", "--atomic", "--batch", "2"},
                              {"read"},
                              {"read", "--from", "127.0.0.1:1", "--data", data},
                              {"read", "--from", "127.0.0.1:1", "--format", "xml"},
                              {"status"},
                              {"verify"},
                              {"inspect", data, "--batches", "--records"},
                              {"demo", "--records", place.path("missing").string()}}) {
    auto said = run(words);
    EXPECT_EQ(said.status, 2) << ::testing::PrintToString(words) << said.errors;
    EXPECT_NE(said.errors, "") << ::testing::PrintToString(words);
    EXPECT_EQ(said.out, "") << ::testing::PrintToString(words);
  }
}

TEST(exit_status, is_2_for_an_unknown_command_and_names_it) {
  auto said = run({"promot", "--node", "127.0.0.1:1"});
  EXPECT_EQ(said.status, 2);
  EXPECT_TRUE(said.errors_mention("'promot'")) << said.errors;
}

TEST(exit_status, comes_with_everything_that_is_wrong_and_where_it_came_from) {
  auto said = run_program({"/usr/bin/env", "SLUICE_BUFFER=lots", tool().string(), "primary",
                           "--segment-size", "1Q", "--data", "x"});
  EXPECT_EQ(said.status, 2);
  EXPECT_TRUE(said.errors_mention("buffer (SLUICE_BUFFER)")) << said.errors;
  EXPECT_TRUE(said.errors_mention("segment-size (command line)")) << said.errors;
}

TEST(exit_status, is_2_for_a_number_out_of_its_range_and_says_so) {
  const std::string huge = "99999999999999999999";
  arguments append{"append", "--to", "127.0.0.1:1", "--size", "1"};
  arguments read{"read", "--from", "127.0.0.1:1"};
  for (const auto& words : std::vector<arguments>{
           joined(append, {"--count", "-1"}), joined(append, {"--count", huge}),
           joined(append, {"--count", "1", "--batch", "0"}),
           joined(append, {"--count", "1", "--in-flight", "0"}),
           joined(append, {"--count", "1", "--in-flight", "1025"}),
           joined(append, {"--count", "1", "--timeout", "0"}), joined(read, {"--limit", "-1"}),
           joined(read, {"--limit", huge}), joined(read, {"--after", "-1"})}) {
    auto said = run(words);
    EXPECT_EQ(said.status, 2) << ::testing::PrintToString(words) << said.errors;
    EXPECT_TRUE(said.errors_mention(words[words.size() - 2].substr(2))) << said.errors;
  }
}

TEST(exit_status, is_0_when_the_address_comes_from_the_environment) {
  node_place place;
  place.start_primary("p1");
  auto address = place.address("p1");
  auto with = [&](const std::string& variable, const arguments& words) {
    return run_program(joined({"/usr/bin/env", variable + "=" + address, tool().string()}, words));
  };
  auto appended = with("SLUICE_TO", {"append", "--size", "3", "--count", "2"});
  EXPECT_EQ(appended.out, "1\n2\n") << appended.errors;
  auto read = with("SLUICE_FROM", {"read"});
  EXPECT_EQ(read.out, "000\n000\n") << read.errors;
  EXPECT_EQ(with("SLUICE_FROM", {"read", "--data", place.path("p1").string()}).status, 0);
  EXPECT_EQ(with("SLUICE_OF", {"status"}).status, 0);
  EXPECT_EQ(with("SLUICE_OF", {"status", "--of", "127.0.0.1:1", "--timeout", "1s"}).status, 6)
      << "the command line wins";
}

TEST(exit_status, is_0_for_help_and_version_at_every_level) {
  for (const auto& command : std::vector<arguments>{{},
                                                    {"primary"},
                                                    {"replica"},
                                                    {"append"},
                                                    {"read"},
                                                    {"status"},
                                                    {"inspect"},
                                                    {"verify"},
                                                    {"bench"},
                                                    {"demo"},
                                                    {"config"},
                                                    {"config", "show"}}) {
    auto help = run(joined(command, {"--help"}));
    EXPECT_EQ(help.status, 0) << ::testing::PrintToString(command);
    EXPECT_NE(help.out.find("--help"), std::string::npos);
    auto version = run(joined(command, {"--version"}));
    EXPECT_EQ(version.status, 0) << ::testing::PrintToString(command);
    EXPECT_EQ(version.out.rfind("sluice ", 0), 0u) << version.out;
  }
}

TEST(exit_status, is_1_for_a_directory_that_is_in_use) {
  node_place place;
  place.start_primary("p1");
  auto said = run({"primary", "--data", place.path("p1").string(), "--listen", "127.0.0.1:0"});
  EXPECT_EQ(said.status, 1) << said.errors;
  EXPECT_TRUE(said.errors_mention("locked"));
}

TEST(exit_status, is_5_for_a_directory_of_another_role_or_cluster) {
  node_place place;
  place.start_primary("p1", {"--cluster", "one"});
  place.start_replica("r1", place.address("p1"));
  EXPECT_EQ(run({"append", "--to", place.address("p1"), "--policy", "ack_n=1"}, "x\n").status, 0)
      << "the replica has met its primary";
  place.stop_all();
  auto p1 = place.path("p1").string();
  auto r1 = place.path("r1").string();
  auto before = run({"verify", r1}).out;
  EXPECT_EQ(run({"primary", "--data", r1}).status, 5);
  EXPECT_EQ(run({"replica", "--data", p1, "--name", "p1", "--primary", "127.0.0.1:1"}).status, 5);
  EXPECT_EQ(run({"primary", "--data", p1, "--cluster", "two"}).status, 5);
  EXPECT_EQ(
      run({"replica", "--data", r1, "--name", "r1", "--cluster", "two", "--primary", "127.0.0.1:1"})
          .status,
      5);
  EXPECT_EQ(run({"verify", r1}).out, before);
}

TEST(exit_status, is_5_for_a_policy_below_the_floor) {
  node_place place;
  place.start_primary("p1");
  auto to = place.address("p1");
  EXPECT_EQ(run({"append", "--to", to, "--policy", "quorum"}, "x\n").status, 5);
  place.start_primary("p2", {"--policy", "ack_n=1"});
  EXPECT_EQ(run({"append", "--to", place.address("p2"), "--policy", "local"}, "x\n").status, 5);
  EXPECT_EQ(place.status("p2")["written_lsn"], 0);
}

TEST(exit_status, is_1_when_replicas_or_regions_are_not_there) {
  node_place place;
  place.start_primary("p1");
  auto to = place.address("p1");
  auto few = run({"append", "--to", to, "--policy", "ack_n=1"}, "x\n");
  EXPECT_EQ(few.status, 1);
  EXPECT_TRUE(few.errors_mention("insufficient_replicas")) << few.errors;
  auto nowhere = run({"append", "--to", to, "--policy", "regions=mars"}, "x\n");
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_TRUE(nowhere.errors_mention("missing_regions")) << nowhere.errors;
  EXPECT_EQ(place.status("p1")["written_lsn"], 0) << "nothing was written";
}

TEST(exit_status, is_6_when_nobody_listens) {
  // Port 1 needs root, and no service of today has it.
  EXPECT_EQ(run({"append", "--to", "127.0.0.1:1", "--timeout", "300ms"}, "x\n").status, 6);
  EXPECT_EQ(run({"read", "--from", "127.0.0.1:1"}).status, 6);
  EXPECT_EQ(run({"status", "--of", "127.0.0.1:1"}).status, 6);
}

TEST(exit_status, is_5_at_a_replica_that_is_not_to_be_followed) {
  node_place place;
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  EXPECT_EQ(run({"append", "--to", place.address("p1"), "--policy", "ack_n=1"}, "x\n").status, 0);
  EXPECT_EQ(run({"append", "--to", place.address("r1"), "--no-follow"}, "y\n").status, 5);
  EXPECT_EQ(run({"append", "--to", place.address("r1")}, "y\n").out, "2\n");
  EXPECT_EQ(run({"read", "--from", place.address("p1")}).out, "x\ny\n");
}

} // namespace
} // namespace sluice::testing
