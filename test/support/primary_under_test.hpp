#pragma once

#include "actors/primary_actors.hpp"
#include "test/support/local_node.hpp"
#include "test/support/machine.hpp"
#include "test/support/recorded_append.hpp"

namespace sluice::test {

/// How a primary under test differs from the default one.
struct primary_choices {
  commit_policy floor = policy_local{};
  std::vector<std::string> members;
  persistence::spool_options spool;
  actors::writer_limits writer;
  actors::buffer_limits buffer;
  actors::gate_limits gate;
  std::size_t replicas_max = 10;
  actors::slot_settings slots;
  /// Where it was promoted: its term and timeline are those of the last entry. Empty: term 1.
  std::vector<persistence::timeline_entry> history;
  /// What it was told live is kept on its disk.
  bool keeps_state = false;
  /// The embedder's state; null for none.
  std::shared_ptr<sluice::applier> applier;
  /// Where that comes from for others; null for nowhere.
  std::shared_ptr<snapshot_source> snapshots;
  actors::snapshot_settings snapshot;

  primary_choices() {
    // Small, so that a test's disk in memory stays small.
    spool.segment_bytes = 64 * 1024;
  }
};

inline const std::string primary_name = "p";
inline const std::string cluster_name = "cluster";

/// All actors of a primary on a machine in memory, under the test's clock.
class primary_under_test {
public:
  explicit primary_under_test(primary_choices choices = {});
  ~primary_under_test();

  local_node& node() { return node_; }
  machine& host() { return host_; }
  memory_vfs& disk() { return host_.disk; }
  const actors::primary_actors& actors() const { return actors_; }

  /// Sends it and lets nobody run.
  answer_ptr submit(append request);
  /// Sends it and runs to rest.
  answer_ptr append_now(append request);
  /// Appends `count` records, one after the other.
  void fill(std::size_t count, std::size_t bytes = 20);

  node_status status();
  messages::log_positions positions();
  std::vector<record> read(lsn after = no_lsn);
  /// Ends its life as a crash of the process does, then opens the same disk again.
  void restart();
  messages::log_closed close();

private:
  void start();
  void stop();

  primary_choices choices_;
  machine host_;
  local_node node_;
  persistence::node_state state_;
  actors::primary_actors actors_;
};

} // namespace sluice::test
