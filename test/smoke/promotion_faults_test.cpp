#include "persistence/checksum.hpp"
#include "persistence/node_state.hpp"
#include "test/smoke/promotion_fixture.hpp"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <future>
#include <map>
#include <set>
#include <thread>

/// Promotions whose nodes are killed, frozen, wiped or restored meanwhile, with real processes.
namespace sluice::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

bool is_soak() {
  const auto* asked = std::getenv("SLUICE_SOAK");
  return asked != nullptr && asked[0] == '1';
}

struct promotion_faults : promotion_fixture {
  /// Looks at what the node has stored until it is so.
  bool has_stored(const std::string& name,
                  const std::function<bool(const persistence::node_state&)>& is_so) {
    auto end = std::chrono::steady_clock::now() + seconds{20};
    while (std::chrono::steady_clock::now() < end) {
      std::string warning;
      auto state =
          persistence::read_node_state(persistence::posix_vfs(), place.path(name), warning);
      if (state && *state && is_so(**state))
        return true;
      std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
    return false;
  }

  /// Kills r1 in its promotion as soon as `is_so` of what it has stored, starts it again, and
  /// expects that one primary serves all, whatever became of the promotion.
  void kill_the_candidate_when(const std::function<bool(const persistence::node_state&)>& is_so) {
    place.start_cluster();
    append("p1", "100");
    place.node("p1").kill();
    auto told = std::async(std::launch::async, [&] { return promote("r1"); });
    ASSERT_TRUE(has_stored("r1", is_so));
    place.node("r1").kill();
    told.wait();
    ASSERT_FALSE(place.node("r1").restart());
    ASSERT_FALSE(place.node("p1").restart());
    expect_one_serves();
  }

  /// Promotes r1 once more if nobody does.
  void expect_one_serves() {
    ASSERT_TRUE(comes_true([&] {
      return is_serving("r1") || is_serving("p1") || (promote("r1") == 0 && serves("r1"));
    }));
    std::string primary = is_serving("r1") ? "r1" : "p1";
    append(primary, "10");
    EXPECT_TRUE(follows(primary == "r1" ? "p1" : "r1", 110));
    EXPECT_TRUE(follows("r2", 110));
    EXPECT_FALSE(is_serving("r1") && is_serving("p1"));
    expect_same_logs({"p1", "r1", "r2"});
  }

  /// Copies p1's directory while it is down, as a backup does, and goes on for `count` records.
  void back_up_and_go_on(const std::string& count) {
    auto& node = place.node("p1");
    ASSERT_FALSE(node.stop());
    fs::copy(place.path("p1"), place.path("backup"), fs::copy_options::recursive);
    ASSERT_FALSE(node.restart());
    append("p1", count);
  }

  void restore() {
    place.node("p1").kill();
    fs::remove_all(place.path("p1"));
    fs::rename(place.path("backup"), place.path("p1"));
  }
};

// -- kill -9 of the candidate ----------------------------------------------------------------

TEST_F(promotion_faults, a_candidate_killed_when_it_has_granted_itself_the_term_serves_or_follows) {
  kill_the_candidate_when([](const auto& state) { return state.granted_term == term{2}; });
}

TEST_F(promotion_faults, a_candidate_killed_before_it_has_told_of_its_office_serves_or_follows) {
  kill_the_candidate_when(
      [](const auto& state) { return state.role == persistence::node_role::primary; });
}

// -- two at once -----------------------------------------------------------------------------

TEST_F(promotion_faults, two_promotions_at_once_make_one_primary_of_a_term_again_and_again) {
  place.start_cluster();
  const std::vector<std::string> names{"p1", "r1", "r2"};
  std::map<std::uint64_t, std::string> primary_of;
  auto note_primaries = [&] {
    std::size_t serving = 0;
    for (const auto& name : names) {
      auto seen = seen_of(name);
      if (seen["role"] != "primary")
        continue;
      auto [known, is_new] = primary_of.emplace(seen["term"].get<std::uint64_t>(), name);
      EXPECT_EQ(known->second, name) << "both in term " << known->first;
      serving += seen["state"] == "serving" ? 1 : 0;
    }
    return serving;
  };
  auto rounds = is_soak() ? 200 : 10;
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    std::vector<std::future<int>> promotions;
    for (const auto& name : names)
      if (!is_serving(name))
        promotions.push_back(std::async(std::launch::async, [&, name] { return promote(name); }));
    for (auto& each : promotions)
      each.wait();
    // They may have raised the term past each other: then the next word of an operator decides.
    ASSERT_TRUE(comes_true([&] {
      if (note_primaries() == 1)
        return true;
      promote(names[static_cast<std::size_t>(round) % names.size()]);
      return false;
    })) << "round "
        << round;
    auto done =
        run({"append", "--to", place.address("p1") + "," + place.address("r1"), "--timeout", "20s"},
            "round\n");
    ASSERT_EQ(done.status, 0) << "round " << round << done.errors;
  }
  ASSERT_TRUE(comes_true([&] {
    return std::all_of(names.begin(), names.end(), [&](const auto& name) {
      auto seen = seen_of(name);
      return seen["state"] == "serving" && seen["durable_lsn"] == rounds;
    });
  }));
  expect_same_logs(names);
}

// -- a primary that was frozen ---------------------------------------------------------------

/// So many clients that append at once and follow nobody.
struct crowd {
  crowd(node_place& place, int count) {
    for (int i = 0; i < count; ++i) {
      acks.push_back(place.path("acks" + std::to_string(i)));
      clients.push_back(start_append({"--to", place.address("p1"), "--size", "50", "--count",
                                      "1000000", "--in-flight", "4", "--no-follow", "--timeout",
                                      "3s", "--quiet", "--ack-log", acks.back().string()},
                                     place.path("crowd.errors"), place.path("crowd.out")));
    }
  }

  bool have_all_begun() const {
    return std::all_of(acks.begin(), acks.end(), [](const auto& file) {
      return fs::exists(file) && fs::file_size(file) > 0;
    });
  }

  std::vector<fs::path> acks;
  std::vector<tools::child_process> clients;
};

TEST_F(promotion_faults, a_frozen_primary_that_thaws_acknowledges_nothing_that_is_lost) {
  place.start_cluster();
  crowd all{place, 100};
  ASSERT_TRUE(comes_true([&] { return all.have_all_begun(); }));
  place.node("p1").process().signal(SIGSTOP);
  ASSERT_EQ(promote("r1"), 0);
  ASSERT_TRUE(serves("r1"));
  auto fork = place.status("r1")["durable_lsn"].get<std::uint64_t>();
  place.node("p1").process().signal(SIGCONT);
  for (auto& client : all.clients)
    EXPECT_NE(client.wait_for(seconds{30}), std::optional{0});
  append("r1", "5");
  ASSERT_TRUE(follows("p1", fork + 5));
  ASSERT_TRUE(follows("r2", fork + 5));
  auto dump = run({"read", "--from", place.address("r1"), "--format", "json"}).out_lines();
  ASSERT_EQ(dump.size(), fork + 5);
  std::size_t acked = 0;
  for (const auto& file : all.acks)
    for (const auto& line : lines_of(content_of(file))) {
      ++acked;
      ASSERT_LE(std::stoull(line), fork) << "acknowledged by the deposed primary, and lost";
    }
  EXPECT_GE(acked, 100u);
  expect_same_logs({"p1", "r1", "r2"});
  // No LSN was given twice.
  std::set<std::string> lsns;
  for (const auto& file : all.acks)
    for (const auto& line : lines_of(content_of(file)))
      EXPECT_TRUE(lsns.insert(line.substr(0, line.find(' '))).second) << line;
}

// -- directories that are not what they were -------------------------------------------------

TEST_F(promotion_faults, a_wiped_replica_votes_only_with_what_it_holds_again) {
  place.start_cluster();
  append("p1", "2000");
  ASSERT_TRUE(follows("r2", 2000));
  place.node("r2").kill();
  fs::remove_all(place.path("r2"));
  place.node("r1").process().signal(SIGSTOP);
  ASSERT_FALSE(place.node("r2").restart());
  // Of the three, p1 and the new r2 are left.
  append("p1", "1");
  EXPECT_GE(place.status("r2")["durable_lsn"], 2001);
  EXPECT_NE(place.log_of("p1").find("replica lost data"), std::string::npos);
  place.node("r1").process().signal(SIGCONT);
  ASSERT_TRUE(follows("r1", 2001));
  expect_same_logs({"p1", "r1", "r2"});
}

TEST_F(promotion_faults, a_primary_from_an_old_backup_serves_nobody_while_members_have_more) {
  place.start_cluster();
  append("p1", "50");
  back_up_and_go_on("50");
  ASSERT_TRUE(follows("r1", 100) && follows("r2", 100));
  restore();
  auto first = settled_bytes_of("r1");
  auto second = settled_bytes_of("r2");
  ASSERT_FALSE(place.node("p1").restart());
  ASSERT_TRUE(comes_true([&] {
    auto failure = seen_of("p1").value("failure", "");
    return failure.find("is ahead at LSN 100") != std::string::npos
           && failure.find("promote that member") != std::string::npos;
  })) << seen_of("p1").dump();
  EXPECT_EQ(
      run({"append", "--to", place.address("p1"), "--timeout", "1s", "--no-follow"}, "x\n").status,
      5);
  EXPECT_EQ(bytes_of(place.path("r1")), first);
  EXPECT_EQ(bytes_of(place.path("r2")), second);
  ASSERT_EQ(promote("r1"), 0);
  ASSERT_TRUE(follows("p1", 100));
  expect_same_logs({"r1", "p1", "r2"});
}

TEST_F(promotion_faults, a_primary_from_an_old_backup_without_members_changes_no_replica) {
  place.start_primary("p1");
  place.start_replica("r1", place.address("p1"));
  append("p1", "50");
  ASSERT_TRUE(follows("r1", 50));
  back_up_and_go_on("50");
  ASSERT_TRUE(follows("r1", 100));
  restore();
  auto before = settled_bytes_of("r1");
  ASSERT_FALSE(place.node("p1").restart());
  ASSERT_TRUE(comes_true([&] {
    auto seen = seen_of("r1");
    auto failure = seen.value("failure", "");
    return seen["state"] == "rejected" && failure.find("ahead_of_primary") != std::string::npos
           && failure.find("promote this replica") != std::string::npos;
  })) << seen_of("r1").dump();
  EXPECT_EQ(bytes_of(place.path("r1")), before);
  // What the message says.
  ASSERT_EQ(promote("r1"), 0);
  ASSERT_TRUE(serves("r1"));
  ASSERT_TRUE(follows("p1", 100));
  expect_same_logs({"r1", "p1"});
}

// -- a rewind that is cut short --------------------------------------------------------------

TEST_F(promotion_faults, a_deposed_primary_killed_while_it_rewinds_follows_in_the_end) {
  place.start_cluster();
  append("p1", "100");
  for (const auto* name : {"r1", "r2"})
    place.node(name).process().signal(SIGSTOP);
  EXPECT_EQ(run({"append", "--to", place.address("p1"), "--size", "4000", "--count", "4000",
                 "--batch", "100", "--timeout", "1s", "--no-follow", "--quiet"})
                .status,
            3);
  auto end = place.status("p1")["durable_lsn"].get<std::uint64_t>();
  ASSERT_GT(end, 100u);
  place.node("p1").kill();
  for (const auto* name : {"r1", "r2"})
    place.node(name).process().signal(SIGCONT);
  ASSERT_EQ(promote("r1"), 0);
  ASSERT_TRUE(serves("r1"));
  auto fork = place.status("r1")["durable_lsn"].get<std::uint64_t>();
  ASSERT_LT(fork, end);
  append("r1", "20");
  for (int times = 0; times < 3; ++times) {
    ASSERT_FALSE(place.node("p1").restart());
    // From the second time on it begins with it.
    auto is_rewinding = has_stored(
        "p1", [&](const auto& state) { return state.rewind.has_value() || state.term == term{2}; });
    ASSERT_TRUE(is_rewinding);
    place.node("p1").kill();
  }
  ASSERT_FALSE(place.node("p1").restart());
  ASSERT_TRUE(follows("p1", fork + 20)) << seen_of("p1").dump();
  auto tails = nlohmann::json::parse(
      run({"diverged", "list", "--data", place.path("p1").string(), "--json"}).out)["tails"];
  ASSERT_EQ(tails.size(), 1u) << tails.dump();
  EXPECT_EQ(tails[0]["fork_lsn"], fork);
  EXPECT_EQ(tails[0]["last"], end);
  expect_same_logs({"r1", "p1", "r2"});
}

} // namespace
} // namespace sluice::testing
