#include "persistence/checksum.hpp"
#include "test/smoke/promotion_fixture.hpp"
#include "test/support/relayed_network.hpp"

#include <charconv>
#include <set>

/// Promotions while the network is parted, with real processes that reach each other only over
/// connections that the test cuts.
namespace sluice::testing {
namespace {

using std::chrono::seconds;

struct partition : promotion_fixture {
  relayed_network network{{"p1", "r1", "r2"}};

  /// As `node_place::start_cluster`, with clients that know of no other address.
  void start_cluster() {
    settle("p1", place.start_primary("p1", {"--members", "p1,r1,r2", "--policy", "quorum",
                                            "--advertise", network.address_of("p1")}));
    for (const auto* name : {"r1", "r2"})
      settle(name, place.start_replica(name, network.address_of("p1"),
                                       {"--advertise", network.address_of(name)}));
    append("p1", "10");
    ASSERT_TRUE(follows("r1", 10) && follows("r2", 10));
  }

  void settle(const std::string& name, tools::node_process& node) {
    network.settle(name, node.process().id());
    network.lead(name, node.listening());
  }

  /// A client beside the node `name` that appends until it cannot, or is killed.
  tools::child_process start_client(const std::string& name, const std::string& to,
                                    const std::string& size, const std::string& timeout) {
    auto client =
        start_append({"--to", to, "--size", size, "--count", "1000000", "--in-flight", "4",
                      "--timeout", timeout, "--quiet", "--ack-log", acks_of(name).string()},
                     place.path("append.errors." + name));
    network.settle(name, client.id());
    return client;
  }

  std::filesystem::path acks_of(const std::string& name) const {
    return place.path("acks." + name);
  }

  std::size_t acks(const std::string& name) const {
    return lines_of(content_of(acks_of(name))).size();
  }

  bool gets_acks_beyond(const std::string& name, std::size_t count) {
    return comes_true([&] { return acks(name) > count; });
  }

  /// It tries to connect to a host that is gone.
  bool has_no_answer(const std::string& name) {
    return comes_true(
        [&] { return place.log_of(name).find("cannot connect: no answer") != std::string::npos; });
  }

  /// The records of a log that begins at LSN 1.
  static std::vector<std::string> records_of(const std::filesystem::path& directory) {
    auto dump = run({"read", "--data", directory.string(), "--format", "length-prefixed"});
    EXPECT_EQ(dump.status, 0) << dump.errors;
    std::vector<std::string> records;
    for (std::size_t at = 0; at + 4 <= dump.out.size();) {
      std::size_t size = 0;
      for (std::size_t i = 0; i < 4; ++i)
        size |= std::size_t{static_cast<unsigned char>(dump.out[at + i])} << (8 * i);
      records.push_back(dump.out.substr(at + 4, size));
      at += 4 + size;
    }
    return records;
  }

  /// What clients were told stands in the log as they were told.
  void expect_kept(const std::string& client, const std::vector<std::string>& records) {
    for (const auto& line : lines_of(content_of(acks_of(client)))) {
      auto position = std::stoull(line);
      ASSERT_LE(position, records.size()) << "acknowledged, and lost";
      std::uint32_t expected = 0;
      auto digits = line.substr(line.find(' ') + 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), expected, 16);
      ASSERT_EQ(persistence::crc32c(records[position - 1]), expected) << client << ": " << line;
    }
  }

  /// The term of the record at `position`.
  std::uint64_t term_at(const std::string& name, std::uint64_t position) {
    auto said =
        run({"read", "--data", place.path(name).string(), "--after", std::to_string(position - 1),
             "--through", std::to_string(position), "--format", "json"});
    EXPECT_EQ(said.status, 0) << said.errors;
    return nlohmann::json::parse(said.out)["term"].get<std::uint64_t>();
  }

  nlohmann::json tails_of(const std::string& name) {
    auto said = run({"diverged", "list", "--data", place.path(name).string(), "--json"});
    return nlohmann::json::parse(said.out)["tails"];
  }
};

struct partition_by : partition, ::testing::WithParamInterface<cut> {};

std::string name_of(const ::testing::TestParamInfo<cut>& x) {
  return x.param == cut::silent ? "silence" : x.param == cut::gone ? "absence" : "reset";
}

INSTANTIATE_TEST_SUITE_P(each, partition_by, ::testing::Values(cut::silent, cut::gone, cut::reset),
                         name_of);

TEST_P(partition_by, leaves_the_old_primary_alone_acknowledging_nothing_and_loses_nothing) {
  start_cluster();
  auto everywhere =
      network.address_of("p1") + "," + network.address_of("r1") + "," + network.address_of("r2");
  auto minority = start_client("p1", place.address("p1"), "120", "3s");
  auto majority = start_client("r1", everywhere, "140", "60s");
  ASSERT_TRUE(gets_acks_beyond("p1", 100) && gets_acks_beyond("r1", 100));

  network.part({"p1"}, GetParam());
  auto before = acks("p1");
  // What was on its way when the network was parted.
  EXPECT_EQ(minority.wait_for(seconds{20}), std::optional{3});
  EXPECT_LE(acks("p1"), before + 4);
  ASSERT_TRUE(GetParam() != cut::gone || (has_no_answer("r1") && has_no_answer("r2")));
  ASSERT_EQ(promote("r1"), 0);
  ASSERT_TRUE(serves("r1"));
  EXPECT_TRUE(gets_acks_beyond("r1", acks("r1") + 100));
  // It cannot know better.
  EXPECT_EQ(seen_of("p1")["term"], 1);
  auto alone = run({"append", "--to", place.address("p1"), "--no-follow", "--timeout", "2s"},
                   "nobody has this\n");
  EXPECT_EQ(alone.status, 3) << alone.errors;
  EXPECT_EQ(seen_of("p1")["role"], "primary");
  auto end = place.status("p1")["durable_lsn"].get<std::uint64_t>();

  network.heal();
  ASSERT_TRUE(comes_true([&] { return seen_of("p1")["role"] == "replica"; })) << place.log_of("p1");
  EXPECT_TRUE(gets_acks_beyond("r1", acks("r1") + 100));
  majority.kill();
  auto last = place.status("r1")["durable_lsn"].get<std::uint64_t>();
  ASSERT_TRUE(follows("p1", last) && follows("r2", last)) << seen_of("p1").dump();
  EXPECT_EQ(place.status("p1")["term"], 2);
  EXPECT_EQ(place.status("r2")["term"], 2);
  expect_same_logs({"r1", "p1", "r2"});

  auto records = records_of(place.path("p1"));
  ASSERT_EQ(records.size(), last);
  expect_kept("p1", records);
  expect_kept("r1", records);
  EXPECT_EQ((std::set<std::string>{records.begin(), records.end()}).size(), last) << "doubled";
  auto tails = tails_of("p1");
  ASSERT_EQ(tails.size(), 1u) << tails.dump();
  // What was sent to it before arrives when the network is whole again.
  EXPECT_GE(tails[0]["last"], end);
  auto fork = tails[0]["fork_lsn"].get<std::uint64_t>();
  EXPECT_EQ(term_at("p1", fork), 1u);
  EXPECT_EQ(term_at("p1", fork + 1), 2u);
}

TEST_P(partition_by, refuses_a_promotion_on_the_side_of_the_minority_and_changes_nothing) {
  start_cluster();
  network.part({"r2"}, GetParam());
  auto before = settled_bytes_of("r2");
  auto refused = run({"promote", "--node", place.address("r2")});
  EXPECT_EQ(refused.status, 5);
  EXPECT_TRUE(refused.errors_mention("no_majority")) << refused.errors;
  EXPECT_TRUE(refused.errors_mention("nothing was changed")) << refused.errors;
  EXPECT_EQ(bytes_of(place.path("r2")), before);
  EXPECT_EQ(seen_of("r2")["role"], "replica");
  append("p1", "5");
  network.heal();
  ASSERT_TRUE(follows("r2", 15)) << seen_of("r2").dump();
  EXPECT_EQ(place.status("r2")["term"], 1);
  EXPECT_EQ(place.status("p1")["term"], 1);
  expect_same_logs({"p1", "r1", "r2"});
}

} // namespace
} // namespace sluice::testing
