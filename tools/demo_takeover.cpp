#include "persistence/diverged_tails.hpp"
#include "tools/demo_story.hpp"

#include <sluice/client.hpp>

#include <spdlog/fmt/fmt.h>

#include <atomic>
#include <csignal>
#include <thread>

/// The second act: the primary is lost for good, as it seems, and comes back.
namespace sluice::tools {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint64_t stranded_records = 100;
constexpr std::chrono::milliseconds stranded_timeout{500};
constexpr std::chrono::seconds role_within{60};
constexpr std::chrono::milliseconds poll_every{50};

} // namespace

caf::error demo_story::take_over(demo_appender& appender) {
  if (auto err = strand_tail())
    return err;
  if (auto err = promote_replica())
    return err;
  appender.allow(corpus_->records);
  if (auto err = wait_for(appender, corpus_->records))
    return err;
  return bring_back();
}

/// Records that only the primary has: what was on its way to the stopped replicas dies with
/// them.
caf::error demo_story::strand_tail() {
  for (const auto* name : {"r1", "r2"})
    nodes_.at(name).process().signal(SIGSTOP);
  std::atomic<std::uint64_t> unknown{0};
  {
    client_config config;
    config.nodes = {nodes_.at(primary_).listening()};
    auto to = client::open(system_, config);
    if (!to)
      return to.error();
    for (std::uint64_t i = 1; i <= stranded_records; ++i) {
      sluice::append request;
      request.records.push_back(payload{"taken by p1 alone, " + std::to_string(i)});
      request.options.policy = policy_quorum{};
      request.options.timeout = stranded_timeout;
      to->append_then(std::move(request), [&unknown](const append_outcome& outcome) {
        if (std::holds_alternative<commit_timeout>(outcome))
          ++unknown;
      });
    }
    to->drain();
  }
  if (unknown != stranded_records)
    return unexpected(
        fmt::format("of {} records that nobody could confirm {} were answered as such",
                    stranded_records, unknown.load()));
  for (auto& [name, node] : nodes_)
    node.kill();
  say(fmt::format(
      "stopped r1 and r2: {} more records at p1, none is committed; SIGKILL to all three",
      stranded_records));
  return {};
}

caf::error demo_story::promote_replica() {
  for (const auto* name : {"r1", "r2"})
    if (auto err = nodes_.at(name).restart())
      return err;
  auto began = clock::now();
  auto done = promote(system_, nodes_.at("r1").listening(), {});
  if (!done)
    return done.error();
  primary_ = "r1";
  say(fmt::format("restarted r1 and r2, p1 stays away; sluice promote --node r1, {:.0f} ms: {}",
                  std::chrono::duration<double, std::milli>(clock::now() - began).count(), *done));
  return {};
}

caf::error demo_story::bring_back() {
  auto& old = nodes_.at("p1");
  auto began = clock::now();
  if (auto err = old.restart())
    return err;
  if (auto err = wait_replica("p1"))
    return err;
  if (auto err = wait_caught_up("p1"))
    return err;
  auto tails = persistence::list_diverged_tails(persistence::posix_vfs(), place_ / "p1");
  if (!tails)
    return tails.error();
  if (tails->size() != 1 || tails->front().records != stranded_records)
    return unexpected("p1 has not kept what it alone had taken");
  const auto& tail = tails->front();
  say(fmt::format("restarted p1 as it always was: it found r1 and follows it, {:.0f} ms",
                  std::chrono::duration<double, std::milli>(clock::now() - began).count()));
  say(fmt::format("p1 keeps its tail aside in diverged/{}: {} records, LSN {} through {}; `sluice "
                  "diverged reapply` would append them again",
                  tail.name, tail.records, tail.first.value, tail.last.value));
  return {};
}

caf::error demo_story::wait_replica(const std::string& name) {
  auto deadline = clock::now() + role_within;
  while (clock::now() < deadline) {
    auto status = status_of(system_, nodes_.at(name).listening());
    if (status && status->role == "replica")
      return {};
    if (auto err = check_interrupted())
      return err;
    std::this_thread::sleep_for(poll_every);
  }
  return unexpected(name + " does not follow its successor");
}

} // namespace sluice::tools
