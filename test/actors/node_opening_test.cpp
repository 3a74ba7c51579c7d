#include "actors/node_opening.hpp"

#include "persistence/node_state.hpp"
#include "persistence/slot_catalog.hpp"
#include "test/support/heard_log.hpp"
#include "test/support/local_node.hpp"
#include "test/support/machine.hpp"

#include <sluice/applier.hpp>

#include <map>

/// A directory that is refused is not changed: no lock file, nothing mended.
namespace sluice::test {

namespace {

using persistence::node_role;

const std::string primary_id = "p";
const std::string cluster_id = "shop";
const std::string some_segment = "00000000000000000001-00000001.seg";

class node_opening : public testing::Test {
protected:
  primary_config primary() {
    primary_config config;
    config.data = data_directory;
    config.name = primary_id;
    config.cluster = cluster_id;
    config.segment_bytes = 64 * 1024;
    config.record_bytes_max = 1024;
    return config;
  }

  caf::error open(const primary_config& config) {
    auto opened = actors::open_primary(node.system(), config, host.environment());
    return opened ? end_of(*opened) : opened.error();
  }

  caf::error open_as_replica() {
    replica_config config;
    static_cast<node_config&>(config) = primary();
    config.primaries = {{"127.0.0.1", 1}};
    auto opened = actors::open_replica(node.system(), config, host.environment());
    return opened ? make_error(errc::invalid_argument, "it opened") : opened.error();
  }

  /// The directory of a primary that nobody ever locked, as a copy may be.
  void make_copied_directory() {
    ASSERT_FALSE(open(primary()));
    host.disk.erase(data_directory / persistence::lock_file_name);
  }

  std::map<std::string, std::string> all_bytes() const {
    std::map<std::string, std::string> all;
    for (const auto& path : host.disk.files())
      all[path.string()] = host.disk.content(path);
    return all;
  }

  machine host;
  local_node node;

private:
  caf::error end_of(const actors::opened_primary& opened) {
    node.keep(opened.supervisor);
    node.run();
    node.kill(opened.supervisor);
    return caf::none;
  }
};

TEST_F(node_opening, another_role_or_cluster_or_name_leaves_no_trace) {
  make_copied_directory();
  host.disk.set_content(data_directory / "node_state.b", "damaged, and not ours to mend");
  auto before = all_bytes();
  EXPECT_EQ(code_of(open_as_replica()), errc::wrong_role);
  auto other = primary();
  other.cluster = "other";
  EXPECT_EQ(code_of(open(other)), errc::wrong_cluster);
  other = primary();
  other.name = "q";
  EXPECT_EQ(code_of(open(other)), errc::invalid_argument);
  other = primary();
  other.policy = policy_quorum{};
  EXPECT_EQ(code_of(open(other)), errc::invalid_argument);
  EXPECT_TRUE(all_bytes() == before);
}

TEST_F(node_opening, refuses_with_a_lock_file_there_and_mends_nothing) {
  ASSERT_FALSE(open(primary()));
  host.disk.set_content(data_directory / "node_state.b", "damaged, and not ours to mend");
  auto before = all_bytes();
  EXPECT_EQ(code_of(open_as_replica()), errc::wrong_role);
  EXPECT_TRUE(all_bytes() == before);
  ASSERT_FALSE(open(primary())) << "it holds on to nothing";
  EXPECT_EQ(host.disk.content(data_directory / "node_state.b"),
            host.disk.content(data_directory / "node_state.a"));
}

// Nothing is served, nor changed, by a history that no promotion made.
TEST_F(node_opening, of_impossible_timelines_leaves_no_trace) {
  make_copied_directory();
  {
    persistence::node_state_store store{host.disk, data_directory};
    std::string warning;
    auto state = **store.load(warning);
    auto again = state.history.front();
    again.parent = again.id;
    state.history.push_back(again);
    ASSERT_FALSE(store.store(state));
  }
  auto before = all_bytes();
  auto refused = open(primary());
  EXPECT_EQ(code_of(refused), errc::corruption);
  EXPECT_NE(describe(refused).find("timeline ids do not grow"), std::string::npos);
  EXPECT_TRUE(all_bytes() == before);
}

/// The directory of a node that was promoted last, without any slots.
void promote_without_slots(machine& host, const std::string& first_primary) {
  persistence::node_state_store store{host.disk, data_directory};
  std::string warning;
  auto state = **store.load(warning);
  state.history.front().node = first_primary;
  state.term = term{2};
  state.timeline = timeline_id{2};
  state.history.push_back({timeline_id{2}, timeline_id{1}, {}, {}, term{2}, primary_id});
  ASSERT_FALSE(store.store(state));
  for (const auto* name : persistence::slot_catalog_names)
    host.disk.erase(data_directory / name);
}

TEST_F(node_opening, warns_of_missing_slots_who_was_a_primary_before) {
  ASSERT_FALSE(open(primary()));
  promote_without_slots(host, primary_id);
  heard_log log;
  ASSERT_FALSE(open(primary()));
  EXPECT_EQ(log.count("the slot catalog is missing"), 1u) << log.text();
}

TEST_F(node_opening, warns_of_no_missing_slots_who_is_promoted_for_the_first_time) {
  ASSERT_FALSE(open(primary()));
  promote_without_slots(host, "another");
  heard_log log;
  ASSERT_FALSE(open(primary()));
  EXPECT_EQ(log.count("the slot catalog is missing"), 0u) << log.text();
}

TEST_F(node_opening, segments_of_nobody_leave_no_trace) {
  make_copied_directory();
  for (const auto* name : persistence::node_state_names)
    host.disk.erase(data_directory / name);
  host.disk.set_content(data_directory / some_segment, "somebody's");
  auto before = all_bytes();
  EXPECT_EQ(code_of(open(primary())), errc::corruption);
  EXPECT_TRUE(all_bytes() == before);
}

TEST_F(node_opening, a_directory_in_use_is_not_changed_even_while_it_is_being_made) {
  auto held = host.disk.lock(data_directory);
  ASSERT_TRUE(held);
  host.disk.set_content(data_directory / some_segment, "half made");
  auto before = all_bytes();
  EXPECT_EQ(code_of(open(primary())), errc::locked);
  EXPECT_TRUE(all_bytes() == before);
}

TEST_F(node_opening, what_refuses_the_start_makes_no_directory) {
  auto config = primary();
  config.data = "/elsewhere";
  config.members = {"a", "b"};
  EXPECT_EQ(code_of(open(config)), errc::invalid_argument);
  EXPECT_FALSE(*host.disk.exists(config.data));
}

TEST_F(node_opening, a_read_only_directory_is_refused) {
  make_copied_directory();
  auto before = all_bytes();
  host.disk.add_fault({vfs_call::lock, 1, errc::io_error, true});
  EXPECT_EQ(code_of(open(primary())), errc::io_error);
  EXPECT_TRUE(all_bytes() == before);
}

TEST(first_start, can_be_repeated_wherever_power_was_lost) {
  for (std::uint64_t nth = 1;; ++nth) {
    machine host{nth};
    primary_config config;
    config.data = data_directory;
    config.segment_bytes = 64 * 1024;
    config.record_bytes_max = 1024;
    auto start = [&] {
      local_node node;
      auto opened = actors::open_primary(node.system(), config, host.environment());
      if (!opened)
        return opened.error();
      node.keep(opened->supervisor);
      node.kill(opened->supervisor);
      return caf::error{};
    };
    host.disk.power_off_at(nth);
    auto is_cut_short = start() && host.disk.is_power_off();
    host.disk.cut_power();
    auto err = start();
    ASSERT_FALSE(err) << "after change " << nth << ": " << describe(err);
    if (!is_cut_short)
      break;
  }
}

/// Says what it is told to.
class scripted_state final : public applier {
public:
  caf::error open(const std::filesystem::path&) override { return opening; }
  lsn applied() override { return at; }
  caf::error apply(std::span<const record>) override { return {}; }

  caf::error opening;
  lsn at;
};

TEST_F(node_opening, is_refused_with_the_words_of_a_state_that_does_not_open) {
  auto config = primary();
  auto state = std::make_shared<scripted_state>();
  config.applier = state;
  state->opening = make_error(errc::unknown_version, "a later one");
  EXPECT_EQ(describe(open(config)), "unknown_version: a later one");
  state->opening = {};
  EXPECT_FALSE(open(config));
}

TEST_F(node_opening, refuses_the_state_of_another_log) {
  auto config = primary();
  auto state = std::make_shared<scripted_state>();
  config.applier = state;
  state->at = lsn{7};
  EXPECT_EQ(code_of(open(config)), errc::diverged) << "the log is empty";
}

} // namespace

} // namespace sluice::test
