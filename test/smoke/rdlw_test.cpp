#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace sluice::testing {
namespace {

class rdlw : public ::testing::Test {
protected:
  std::string path(const std::string& name) { return place.path(name).string(); }

  /// A node's records, exported after it stopped.
  std::string exported_records(const arguments& input, const std::string& text = {}) {
    place.start_primary("old");
    EXPECT_EQ(run(joined({"append", "--to", place.address("old")}, input), text).status, 0);
    place.stop_all();
    auto file = path("main.rdb.logical.wal");
    auto exported = run({"export", "--rdlw", file, "--data", path("old")});
    EXPECT_EQ(exported.status, 0) << exported.errors;
    return file;
  }

  run_result import(const std::string& file, const std::string& into) {
    return run({"import", "--rdlw", file, "--data", path(into)});
  }

  node_place place;
};

TEST_F(rdlw, a_log_that_was_exported_and_imported_goes_on_as_a_primary_with_replicas) {
  auto file = exported_records({"--size", "200", "--count", "3000"});
  auto imported = import(file, "p1");
  ASSERT_EQ(imported.status, 0) << imported.errors;
  EXPECT_EQ(imported.out, "imported records=3000 first=1 last=3000 bytes=600000 next_term=2\n");
  EXPECT_EQ(run({"verify", path("p1")}).status, 0);
  EXPECT_EQ(run({"read", "--data", path("p1"), "--format", "json"}).out,
            run({"read", "--data", path("old"), "--format", "json"}).out);

  auto& primary = place.start_primary("p1", {"--cluster", "shop", "--region", "eu"});
  EXPECT_EQ(place.status("p1")["cluster"], "shop");
  EXPECT_EQ(place.status("p1")["term"], 2);
  EXPECT_EQ(place.status("p1")["durable_lsn"], 3000);
  place.start_replica("r1", to_string(primary.listening()));
  auto appended = run({"append", "--to", place.address("p1"), "--policy", "ack_n=1"}, "more\n");
  EXPECT_EQ(appended.out, "3001\n") << appended.errors;
  place.stop_all();
  auto same = run({"verify", path("p1"), "--against", path("r1")});
  EXPECT_EQ(same.status, 0) << same.out;
  EXPECT_NE(same.out.find("identical first=1 last=3001"), std::string::npos) << same.out;

  // And again: it is a directory as any other now.
  place.start_primary("p1");
  EXPECT_EQ(place.status("p1")["cluster"], "shop");
  place.stop_all();
}

TEST_F(rdlw, slots_come_with_the_log_and_hold_it_in_the_new_node) {
  auto file = exported_records({}, "a\nb\nc\n");
  write_file(path("slots.json"), R"({"slots": [
    {"id": "r1", "restart_lsn": 2, "confirmed_lsn": 2},
    {"id": "r2", "restart_lsn": 9, "confirmed_lsn": 9, "invalidation_reason": "horizon"}]})");
  write_file(path("rotten"), "RDSLOT01 and nothing more");
  arguments words{"import", "--rdlw", file, "--data", path("p1"), "--slots", path("slots.json")};
  auto refused = run(joined(words, {"--slots", path("rotten")}));
  EXPECT_EQ(refused.status, 4) << refused.errors;
  EXPECT_TRUE(refused.errors_mention("rotten")) << refused.errors;
  EXPECT_FALSE(std::filesystem::exists(path("p1")));
  auto imported = run(words);
  EXPECT_EQ(imported.status, 0) << imported.errors;
  EXPECT_EQ(imported.out_lines().back(), "slots imported=2 given_up=1");
  place.start_primary("p1");
  auto slots = place.status("p1")["slots"];
  ASSERT_EQ(slots.size(), 2u);
  EXPECT_EQ(slots[0]["restart_lsn"], 2);
  EXPECT_EQ(slots[0]["valid"], true);
  EXPECT_EQ(slots[1]["restart_lsn"], 3) << "no further than the log";
  EXPECT_EQ(slots[1]["invalidation_cause"], "horizon");
}

TEST_F(rdlw, a_running_node_can_be_exported) {
  place.start_primary("p1");
  EXPECT_EQ(run({"append", "--to", place.address("p1")}, "a\nb\n").status, 0);
  auto exported = run({"export", "--rdlw", path("x"), "--data", path("p1"), "--layout", "2026-06"});
  EXPECT_EQ(exported.status, 0) << exported.errors;
  EXPECT_EQ(exported.out, "exported records=2 first=1 last=2 bytes=76 layout=2026-06\n");
  auto again = run({"export", "--rdlw", path("x"), "--data", path("p1")});
  EXPECT_EQ(again.status, 1);
  EXPECT_TRUE(again.errors_mention("exists already")) << again.errors;
}

TEST_F(rdlw, a_torn_tail_is_reported_and_is_no_failure) {
  auto file = exported_records({}, "a\nb\nc\n");
  auto whole = content_of(file);
  for (std::size_t bytes : {1u, 2u, 3u, 4u, 5u, 40u}) {
    write_file(file, whole + whole.substr(0, bytes));
    auto into = "torn" + std::to_string(bytes);
    auto imported = import(file, into);
    EXPECT_EQ(imported.status, 0) << imported.errors;
    EXPECT_EQ(imported.out_lines().back(), "torn file=" + file
                                               + " offset=" + std::to_string(whole.size())
                                               + " bytes=" + std::to_string(bytes));
    EXPECT_EQ(run({"read", "--data", path(into)}).out, "a\nb\nc\n");
    EXPECT_EQ(content_of(file), whole + whole.substr(0, bytes));
  }
}

TEST_F(rdlw, nothing_behind_damage_is_imported) {
  auto file = exported_records({}, "a\nb\nc\n");
  auto whole = content_of(file);
  auto damaged = whole;
  damaged[46 + 41] = 'x';
  write_file(file, damaged);
  auto imported = import(file, "damaged");
  EXPECT_EQ(imported.status, 4);
  EXPECT_EQ(imported.out_lines().back(),
            "damage file=" + file + " offset=46 lsn=2 reason=bad checksum");
  EXPECT_EQ(run({"read", "--data", path("damaged")}).out, "a\n");

  // A gap.
  write_file(file, whole.substr(0, 46) + whole.substr(92));
  EXPECT_EQ(import(file, "gap").status, 4);
  // A version to come, in front.
  auto newer = whole;
  newer[4] = 4;
  write_file(file, newer);
  auto refused = import(file, "newer");
  EXPECT_EQ(refused.status, 4);
  EXPECT_TRUE(refused.errors_mention("unknown version 4")) << refused.errors;
  EXPECT_FALSE(std::filesystem::exists(place.path("newer")));
  EXPECT_EQ(content_of(file), newer);
}

TEST_F(rdlw, an_import_that_was_killed_is_no_log) {
  auto file = exported_records({"--size", "60000", "--count", "1500", "--quiet"});
  auto importing = tools::child_process::start(
      {tool(), {"import", "--rdlw", file, "--data", path("p1")}, {}, path("out"), path("errors")});
  ASSERT_TRUE(importing);
  // From when it has begun.
  auto marker = place.path("p1") / "unfinished-import";
  while (!std::filesystem::exists(marker) && !importing->wait_for(std::chrono::milliseconds{1})) {
  }
  importing->kill();
  ASSERT_TRUE(std::filesystem::exists(marker)) << "it was too fast to be killed";
  for (const auto& words : {arguments{"primary", "--data", path("p1"), "--listen", "127.0.0.1:0"},
                            arguments{"read", "--data", path("p1")},
                            arguments{"export", "--rdlw", path("y"), "--data", path("p1")}}) {
    auto refused = run(words);
    EXPECT_EQ(refused.status, 4) << words.front();
    EXPECT_TRUE(refused.errors_mention("import again")) << refused.errors;
  }
  EXPECT_EQ(run({"verify", path("p1")}).status, 4);
  EXPECT_EQ(import(file, "p1").status, 1);
  std::filesystem::remove_all(place.path("p1"));
  EXPECT_EQ(import(file, "p1").status, 0);
}

TEST_F(rdlw, is_refused_where_it_does_not_belong) {
  auto file = exported_records({}, "a\n");
  EXPECT_EQ(import(file, "old").status, 1);
  EXPECT_EQ(import(path("nowhere"), "p1").status, 1);
  EXPECT_EQ(import("/dev/null", "p1").status, 1);
  EXPECT_EQ(run({"import", "--data", path("p1")}).status, 2);
  EXPECT_EQ(run({"export", "--rdlw", path("y"), "--data", path("old"), "--layout", "v1"}).status,
            2);
  ASSERT_EQ(import(file, "p1").status, 0);
  auto replica = run({"replica", "--data", path("p1"), "--name", "r1", "--primary", "127.0.0.1:1",
                      "--listen", "127.0.0.1:0"});
  EXPECT_EQ(replica.status, 5) << replica.errors;
}

} // namespace
} // namespace sluice::testing
