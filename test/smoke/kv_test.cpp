#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <set>

/// The key-value store on real nodes: what is read where, and what survives.
namespace sluice::testing {
namespace {

constexpr std::chrono::seconds line_within{20};

arguments kv(arguments words) {
  return joined({"kv"}, words);
}

std::set<std::string> state_files_in(const std::filesystem::path& directory) {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (auto name = entry.path().filename().string(); name.starts_with("kv."))
      found.insert(name);
  return found;
}

/// What the commands are told again and again.
struct kv_nodes {
  explicit kv_nodes(const arguments& options = {}) {
    place.start_primary("p1", joined({"--kv"}, options));
    place.start_replica("r1", place.address("p1"), {"--kv"});
  }

  run_result change(const arguments& words) {
    return run(joined(kv(words), {"--to", place.address("p1")}));
  }

  /// Of the node `name`, once it has applied through `wait_lsn`.
  run_result get(const std::string& name, const std::string& key, const std::string& wait_lsn) {
    return run(kv({"get", key, "--data", place.path(name).string(), "--wait-lsn", wait_lsn,
                   "--timeout", "20s"}));
  }

  run_result check() {
    return run(kv({"check", "--data", place.path("p1").string(), "--against",
                   place.path("r1").string(), "--timeout", "20s"}));
  }

  node_place place;
};

TEST(kv, reads_its_writes_on_the_primary_and_on_a_replica) {
  kv_nodes nodes;
  EXPECT_EQ(nodes.change({"put", "color", "blue"}).out, "1\n");
  EXPECT_EQ(nodes.change({"put", "color", "a dark red"}).out, "2\n");
  EXPECT_EQ(nodes.change({"put", "size", ""}).out, "3\n");
  EXPECT_EQ(nodes.change({"del", "size"}).out, "4\n");
  for (const auto* name : {"p1", "r1"}) {
    EXPECT_EQ(nodes.get(name, "color", "4").out, "a dark red\n");
    auto gone = nodes.get(name, "size", "4");
    EXPECT_EQ(gone.status, 1);
    EXPECT_TRUE(gone.errors_mention("not_found")) << gone.errors;
  }
  auto late = run(kv({"get", "color", "--data", nodes.place.path("r1").string(), "--wait-lsn", "5",
                      "--timeout", "100ms"}));
  EXPECT_EQ(late.status, 3);
  EXPECT_EQ(late.out, "");
}

TEST(kv, lists_and_loads_pairs) {
  kv_nodes nodes;
  auto loaded = run(kv({"load", "--to", nodes.place.address("p1"), "--batch", "2"}),
                    "b 2\na/1 one two\na/2 x\n");
  EXPECT_EQ(loaded.status, 0) << loaded.errors;
  EXPECT_TRUE(loaded.errors_mention("records=3")) << loaded.errors;
  EXPECT_EQ(nodes.get("r1", "b", "3").out, "2\n");
  auto data = nodes.place.path("r1").string();
  EXPECT_EQ(run(kv({"list", "--data", data})).out, "a/1 one two\na/2 x\nb 2\n");
  EXPECT_EQ(run(kv({"list", "--data", data, "--prefix", "a/", "--json"})).out,
            "{\"key\":\"a/1\",\"value\":\"one two\",\"lsn\":2}\n"
            "{\"key\":\"a/2\",\"value\":\"x\",\"lsn\":3}\n");
  auto refused = run(kv({"load", "--to", nodes.place.address("p1")}), "nothing\n");
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(refused.errors_mention("line 1")) << refused.errors;
}

TEST(kv, passes_over_records_of_others) {
  kv_nodes nodes;
  EXPECT_EQ(run({"append", "--to", nodes.place.address("p1")}, "a line\n").status, 0);
  EXPECT_EQ(nodes.change({"put", "k", "v"}).out, "2\n");
  EXPECT_EQ(nodes.get("r1", "k", "2").out, "v\n");
  EXPECT_EQ(nodes.check().out, "identical applied_lsn=2 keys=1\n");
}

TEST(kv, is_the_same_everywhere_after_kill_9_of_every_node) {
  kv_nodes nodes;
  auto& place = nodes.place;
  std::string pairs;
  for (int i = 1; i <= 4000; ++i)
    pairs += "k" + std::to_string(i % 1000) + " " + std::to_string(i) + "\n";
  write_file(place.path("pairs"), pairs);
  tools::child_start start;
  start.program = tool();
  start.arguments = {"kv",          "load", "--to",      place.address("p1"),
                     "--in-flight", "4",    "--timeout", "60s"};
  start.input = place.path("pairs");
  start.errors = place.path("load.errors");
  auto load = tools::child_process::start(start);
  ASSERT_TRUE(load);
  EXPECT_EQ(nodes.get("r1", "k500", "500").status, 0);
  place.node("r1").kill();
  EXPECT_EQ(nodes.get("p1", "k500", "1000").status, 0);
  place.node("p1").kill();
  ASSERT_FALSE(place.node("p1").restart());
  ASSERT_FALSE(place.node("r1").restart());
  EXPECT_EQ(load->wait_for(line_within), 0) << content_of(place.path("load.errors"));
  EXPECT_EQ(nodes.get("p1", "k0", "4000").out, "4000\n");
  EXPECT_EQ(nodes.get("r1", "k0", "4000").out, "4000\n");
  EXPECT_EQ(nodes.check().out, "identical applied_lsn=4000 keys=1000\n");
  place.stop_all();
  EXPECT_EQ(nodes.check().out, "identical applied_lsn=4000 keys=1000\n") << "no node runs";
}

TEST(kv, tells_how_two_states_differ) {
  kv_nodes nodes;
  EXPECT_EQ(nodes.change({"put", "k", "v"}).out, "1\n");
  node_place other;
  other.start_primary("p2", {"--kv"});
  EXPECT_EQ(run(kv({"put", "k", "w", "--to", other.address("p2")})).out, "1\n");
  auto against = [&](const char* timeout) {
    return run(kv({"check", "--data", nodes.place.path("p1").string(), "--against",
                   other.path("p2").string(), "--timeout", timeout}));
  };
  auto differs = against("20s");
  EXPECT_EQ(differs.status, 4);
  EXPECT_EQ(differs.out, "differs key=\"k\" lsn=1 against_lsn=1\n"
                         "differs applied_lsn=1 keys=1 ignored=0 against_ignored=0\n");
  EXPECT_EQ(nodes.change({"put", "k", "x"}).out, "2\n");
  EXPECT_EQ(nodes.get("p1", "k", "2").out, "x\n");
  auto behind = against("100ms");
  EXPECT_EQ(behind.status, 4);
  EXPECT_EQ(behind.out, "differs applied_lsn=2 against_applied_lsn=1\n");
}

TEST(kv, reads_nothing_where_no_state_is_kept) {
  node_place place;
  place.start_primary("p1");
  auto said = run(kv({"get", "k", "--data", place.path("p1").string()}));
  EXPECT_EQ(said.status, 1);
  EXPECT_TRUE(said.errors_mention("--kv")) << said.errors;
  EXPECT_TRUE(state_files_in(place.path("p1")).empty());
}

TEST(kv, refuses_a_node_whose_state_is_of_another_log) {
  node_place place;
  place.start_primary("p1", {"--kv"});
  EXPECT_EQ(run(kv({"put", "k", "v", "--to", place.address("p1")})).out, "1\n");
  EXPECT_EQ(run(kv({"get", "k", "--data", place.path("p1").string(), "--wait-lsn", "1"})).out,
            "v\n");
  place.stop_all();
  std::filesystem::create_directory(place.path("p2"));
  std::filesystem::copy_file(place.path("p1") / "kv.sqlite", place.path("p2") / "kv.sqlite");
  auto refused = run({"primary", "--data", place.path("p2").string(), "--name", "p2", "--listen",
                      "127.0.0.1:0", "--kv"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(refused.errors_mention("diverged")) << refused.errors;
}

} // namespace
} // namespace sluice::testing
