#pragma once

#include "bench/support/node_process.hpp"
#include "bench/support/scratch_directory.hpp"

#include <sluice/primary_node.hpp>

#include <memory>
#include <string>
#include <vector>

namespace sluice::bench {

/// A primary in this process, and its replicas in processes of their own.
class cluster {
public:
  struct setup {
    std::string policy = "local";
    std::size_t replicas = 0;
    /// Whether the nodes are declared members.
    bool members = false;
  };

  explicit cluster(const setup& how);

  sluice::log log() const { return primary_->log(); }
  primary_node& primary() { return *primary_; }
  caf::actor_system& system() { return host_.system(); }
  const std::filesystem::path& directory() const { return scratch_.path(); }
  std::filesystem::path data() const { return scratch_.path() / "p1"; }
  std::uint16_t port() const { return primary_->listening().port; }
  node_process& replica(std::size_t index) { return *replicas_[index]; }

  /// Starts one more, that reaches the primary through `port`.
  node_process& add_replica(std::uint16_t port);

  /// Waits until that many replicas are connected and have all that the primary has.
  void wait_for_replicas(std::size_t count);

private:
  scratch_directory scratch_;
  node_host host_;
  std::unique_ptr<primary_node> primary_;
  std::vector<std::unique_ptr<node_process>> replicas_;
};

} // namespace sluice::bench
