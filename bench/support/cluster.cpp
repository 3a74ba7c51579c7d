#include "bench/support/cluster.hpp"

#include "bench/support/stopwatch.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace sluice::bench {

cluster::cluster(const setup& how) {
  std::vector<std::string> members;
  if (how.members) {
    members.push_back("p1");
    for (std::size_t i = 0; i < how.replicas; ++i)
      members.push_back("r" + std::to_string(i + 1));
  }
  auto opened = primary_node::open(host_.system(), primary_at(data(), how.policy, members));
  if (!opened)
    throw std::runtime_error(describe(opened.error()));
  primary_ = std::make_unique<primary_node>(std::move(*opened));
  for (std::size_t i = 0; i < how.replicas; ++i)
    add_replica(port());
  wait_for_replicas(how.replicas);
}

node_process& cluster::add_replica(std::uint16_t port) {
  auto name = "r" + std::to_string(replicas_.size() + 1);
  replicas_.push_back(node_process::replica(scratch_.path() / name, name, port));
  return *replicas_.back();
}

void cluster::wait_for_replicas(std::size_t count) {
  auto deadline = now() + std::chrono::seconds{60};
  while (now() < deadline) {
    auto status = log().status();
    if (status && status->state == "serving") {
      auto ready = std::count_if(status->replicas.begin(), status->replicas.end(),
                                 [&](const replica_status& replica) {
                                   return replica.connected && replica.flushed >= status->durable;
                                 });
      if (static_cast<std::size_t>(ready) >= count)
        return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  throw std::runtime_error("the replicas do not come");
}

} // namespace sluice::bench
