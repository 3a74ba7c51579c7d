#include "test/support/process.hpp"
#include "tools/actor_host.hpp"

#include <sluice/primary_node.hpp>
#include <sluice/replica_node.hpp>
#include <sluice/switchover.hpp>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

/// A program that embeds a node and appends through it goes on when its primary moves away.
namespace sluice::testing {
namespace {

using std::chrono::seconds;

/// A primary p1 with members p1, r1 and r2, each in an actor system of its own.
struct embedded_cluster : ::testing::Test {
  tools::temporary_directory place;
  tools::actor_host hosts[3];
  std::unique_ptr<primary_node> p1;
  std::map<std::string, std::unique_ptr<replica_node>> replicas;

  void SetUp() override {
    primary_config config;
    config.data = place.path() / "p1";
    config.name = "p1";
    config.cluster = "c";
    config.listen.port = 0;
    config.members = {"p1", "r1", "r2"};
    config.policy = policy_quorum{};
    auto opened = primary_node::open(hosts[0].system(), config);
    ASSERT_TRUE(opened) << describe(opened.error());
    p1 = std::make_unique<primary_node>(std::move(*opened));
    add_replica(1, "r1");
    add_replica(2, "r2");
    ASSERT_TRUE(comes_true([&] {
      auto seen = p1->log().status();
      return seen && seen->state == "serving" && seen->replicas.size() == 2;
    }));
  }

  void TearDown() override {
    replicas.clear();
    p1.reset();
  }

  void add_replica(std::size_t host, const std::string& name) {
    replica_config config;
    config.data = place.path() / name;
    config.name = name;
    config.listen.port = 0;
    config.primaries = {p1->listening()};
    auto opened = replica_node::open(hosts[host].system(), config);
    ASSERT_TRUE(opened) << describe(opened.error());
    replicas[name] = std::make_unique<replica_node>(std::move(*opened));
  }

  void move(const node_endpoint& from, const node_endpoint& to) {
    tools::actor_host host;
    auto done = switch_over(host.system(), {from, to, seconds{20}, {}});
    ASSERT_TRUE(done) << describe(done.error());
    std::printf("moved to %s: paused_ms=%lld\n", done->primary.c_str(),
                static_cast<long long>(done->paused.count()));
  }

  void move_to_r1() { move(p1->listening(), replicas["r1"]->listening()); }
  void move_back() { move(replicas["r1"]->listening(), p1->listening()); }

  /// The payloads of the whole log as this node has it, once it holds `count` records.
  template <class Node>
  std::multiset<std::string> payloads(Node& node, std::size_t count) {
    std::multiset<std::string> found;
    auto log = node.log();
    EXPECT_TRUE(comes_true([&] {
      auto seen = log.status();
      return seen && seen->durable.value >= count;
    }));
    auto last = log.follow(no_lsn, std::chrono::milliseconds{200}, [&](const record& x) {
      found.emplace(x.bytes.view());
      return true;
    });
    EXPECT_TRUE(last) << describe(last.error());
    return found;
  }
};

/// Appends numbered records from a thread for as long as it lives, a few at once.
class steady_writer {
public:
  steady_writer(sluice::log log, bool is_stamped)
      : thread_([this, log = std::move(log), is_stamped]() mutable { write(log, is_stamped); }) {}

  void finish() {
    is_ending_ = true;
    thread_.join();
  }

  std::atomic<std::size_t> committed_count{0};
  std::size_t asked = 0;
  std::vector<std::string> not_committed;

private:
  void write(sluice::log& log, bool is_stamped) {
    std::vector<std::future<append_outcome>> answers;
    while (!is_ending_) {
      answers.clear();
      for (int i = 0; i < 8; ++i) {
        append request{{payload{"record " + std::to_string(asked++)}}, {}};
        request.options.timeout = seconds{20};
        if (is_stamped)
          request.options.producer = {"embedder", producer_sequence{asked}};
        answers.push_back(log.append_async(std::move(request)));
      }
      for (auto& answer : answers)
        note(answer.get());
    }
  }

  void note(const append_outcome& outcome) {
    if (std::holds_alternative<committed>(outcome))
      ++committed_count;
    else
      not_committed.push_back(to_string(outcome));
  }

  std::atomic<bool> is_ending_{false};
  std::thread thread_;
};

void wait_for_progress(const steady_writer& writer) {
  auto before = writer.committed_count.load();
  ASSERT_TRUE(comes_true([&] { return writer.committed_count > before + 50; }));
}

TEST_F(embedded_cluster, stamped_appends_go_on_over_switchovers_exactly_once) {
  steady_writer writer{p1->log(), true};
  wait_for_progress(writer);
  for (int i = 0; i < 2; ++i) {
    move_to_r1();
    wait_for_progress(writer);
    move_back();
    wait_for_progress(writer);
  }
  writer.finish();
  EXPECT_TRUE(writer.not_committed.empty()) << writer.not_committed.front();
  auto found = payloads(*p1, writer.asked);
  EXPECT_EQ(found.size(), writer.asked) << "lost, or there twice";
  for (std::size_t i = 0; i < writer.asked; ++i)
    ASSERT_EQ(found.count("record " + std::to_string(i)), 1u) << i;
}

TEST_F(embedded_cluster, appends_without_a_stamp_go_on_and_none_is_doubled) {
  steady_writer writer{p1->log(), false};
  wait_for_progress(writer);
  move_to_r1();
  wait_for_progress(writer);
  move_back();
  wait_for_progress(writer);
  writer.finish();
  for (const auto& outcome : writer.not_committed)
    EXPECT_NE(outcome.find("unknown"), std::string::npos) << outcome;
  auto found = payloads(*p1, writer.committed_count);
  EXPECT_GE(found.size(), writer.committed_count.load());
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size());
  EXPECT_LE(writer.not_committed.size(), 16u);
}

TEST_F(embedded_cluster, its_actors_append_on_after_a_switchover) {
  move_to_r1();
  caf::scoped_actor self{hosts[0].system()};
  for (int i = 0; i < 3; ++i) {
    append request{{payload{"from an actor"}}, {}};
    self->request(p1->actor_handle(), seconds{20}, request)
        .receive(
            [&](const appended& x) {
              EXPECT_TRUE(std::holds_alternative<committed>(x.outcome)) << to_string(x.outcome);
            },
            [&](const caf::error& why) { FAIL() << describe(why); });
  }
  EXPECT_EQ(payloads(*replicas["r1"], 3).size(), 3u);
}

TEST_F(embedded_cluster, a_replica_that_never_was_primary_takes_no_appends) {
  auto outcome = replicas["r2"]->log().append_and_wait({{payload{"x"}}, {}});
  ASSERT_TRUE(std::holds_alternative<append_failed>(outcome)) << to_string(outcome);
  EXPECT_EQ(std::get<append_failed>(outcome).code, errc::not_primary);
}

TEST_F(embedded_cluster, what_is_under_way_when_the_node_closes_is_answered) {
  move_to_r1();
  replicas.clear();
  auto log = p1->log();
  auto answer = log.append_async({{payload{"x"}}, {}});
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  p1->close();
  ASSERT_EQ(answer.wait_for(seconds{2}), std::future_status::ready);
  EXPECT_FALSE(std::holds_alternative<committed>(answer.get()));
  auto after = log.append_and_wait({{payload{"y"}}, {}});
  ASSERT_TRUE(std::holds_alternative<append_failed>(after)) << to_string(after);
  EXPECT_EQ(std::get<append_failed>(after).code, errc::closed);
}

} // namespace
} // namespace sluice::testing
