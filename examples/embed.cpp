// A primary and a replica in one program: append, read back, apply on the replica.
// Usage: embed DIRECTORY
#include <sluice/configure.hpp>
#include <sluice/primary_node.hpp>
#include <sluice/replica_node.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <string>

namespace {

/// The embedder's state machine: here it only counts. A real one keeps `applied_` durable
/// together with its state, and so sees every record exactly once.
class counting_applier : public sluice::applier {
public:
  sluice::lsn applied() override { return applied_; }

  caf::error apply(std::span<const sluice::record> records) override {
    applied_ = records.back().lsn;
    count.fetch_add(records.size());
    count.notify_all();
    return caf::none;
  }

  std::atomic<std::size_t> count{0};

private:
  sluice::lsn applied_;
};

int fail(const char* what, const caf::error& why) {
  std::fprintf(stderr, "%s: %s\n", what, sluice::describe(why).c_str());
  return 1;
}

int run(caf::actor_system& system, const std::filesystem::path& root) {
  sluice::primary_config primary_config;
  primary_config.data = root / "p1";
  primary_config.name = "p1";
  primary_config.cluster = "example";
  primary_config.listen.port = 0;
  auto primary = sluice::primary_node::open(system, primary_config);
  if (!primary)
    return fail("cannot open the primary", primary.error());

  auto applier = std::make_shared<counting_applier>();
  sluice::replica_config replica_config;
  replica_config.data = root / "r1";
  replica_config.name = "r1";
  replica_config.region = "west";
  replica_config.listen.port = 0;
  replica_config.primaries = {primary->listening()};
  replica_config.applier = applier;
  auto replica = sluice::replica_node::open(system, replica_config);
  if (!replica)
    return fail("cannot open the replica", replica.error());

  // Durable here: the answer comes after fdatasync.
  auto log = primary->log();
  auto local = log.append_and_wait({{sluice::payload{"hello"}}, {}});
  std::printf("%s\n", to_string(local).c_str());

  // Durable here and on one replica, two records at once or none, harmless to retry. The
  // replica may still be on its way: then this is refused, and nothing was written.
  sluice::append both{{sluice::payload{"one"}, sluice::payload{"two"}}, {}};
  both.options.policy = sluice::policy_ack_n{1};
  both.options.producer = {"example", sluice::producer_sequence{1}};
  auto replicated = log.append_and_wait(both);
  while (!std::holds_alternative<sluice::committed>(replicated))
    replicated = log.append_and_wait(both);
  std::printf("%s\n", to_string(replicated).c_str());

  auto records = log.read(sluice::no_lsn);
  if (!records)
    return fail("cannot read", records.error());
  for (const auto& entry : *records)
    std::printf("%s %s\n", to_string(entry.lsn).c_str(), std::string{entry.bytes.view()}.c_str());

  for (auto seen = applier->count.load(); seen < records->size(); seen = applier->count.load())
    applier->count.wait(seen);
  std::printf("applied %zu\n", applier->count.load());
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: embed DIRECTORY\n");
    return 2;
  }
  caf::actor_system_config config;
  sluice::configure(config);
  caf::actor_system system{config};
  return run(system, argv[1]);
}
