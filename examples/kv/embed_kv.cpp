// A replicated key-value store in one program: a primary and a replica, each with its state
// in SQLite, and a snapshot of that state for a third.
// Usage: embed_kv DIRECTORY
#include "examples/kv/kv_reader.hpp"
#include "examples/kv/kv_snapshot.hpp"
#include "examples/kv/kv_store.hpp"
#include "examples/kv/operation.hpp"

#include <sluice/configure.hpp>
#include <sluice/primary_node.hpp>
#include <sluice/replica_node.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

namespace {

namespace fs = std::filesystem;

int fail(const char* what, const caf::error& why) {
  std::fprintf(stderr, "%s: %s\n", what, sluice::describe(why).c_str());
  return 1;
}

caf::error print_value(const fs::path& directory, const char* key) {
  auto reader = kv::kv_reader::open(directory);
  if (!reader)
    return reader.error();
  auto value = reader->get(key);
  if (!value)
    return value.error();
  std::printf("%s: %s = %s\n", directory.filename().c_str(), key,
              *value ? (*value)->c_str() : "(none)");
  return {};
}

/// What sluice does when a replica can no longer get the state from the log.
caf::error hand_over_state(const fs::path& from, const fs::path& to) {
  auto stream = kv::kv_snapshot_source{from}.begin();
  if (!stream)
    return stream.error();
  kv::kv_snapshot_sink sink{to};
  if (auto err = sink.begin((*stream)->at()))
    return err;
  constexpr std::size_t chunk_bytes = 1024 * 1024;
  while (true) {
    auto chunk = (*stream)->next(chunk_bytes);
    if (!chunk)
      return chunk.error();
    if (chunk->empty())
      return sink.install((*stream)->at());
    if (auto err = sink.write(*chunk))
      return err;
  }
}

int run(caf::actor_system& system, const fs::path& root) {
  sluice::primary_config primary_config;
  primary_config.data = root / "p1";
  primary_config.name = "p1";
  primary_config.listen.port = 0;
  primary_config.applier = std::make_shared<kv::kv_store>();
  auto primary = sluice::primary_node::open(system, primary_config);
  if (!primary)
    return fail("cannot open the primary", primary.error());

  sluice::replica_config replica_config;
  replica_config.data = root / "r1";
  replica_config.name = "r1";
  replica_config.listen.port = 0;
  replica_config.primaries = {primary->listening()};
  replica_config.applier = std::make_shared<kv::kv_store>();
  auto replica = sluice::replica_node::open(system, replica_config);
  if (!replica)
    return fail("cannot open the replica", replica.error());

  // A change is an append: durable when it is answered, applied soon after.
  sluice::append both;
  both.records = {sluice::payload{kv::encode(kv::put{"color", "blue"})},
                  sluice::payload{kv::encode(kv::put{"size", "12"})}};
  auto outcome = primary->log().append_and_wait(both);
  const auto* done = std::get_if<sluice::committed>(&outcome);
  if (done == nullptr) {
    std::fprintf(stderr, "%s\n", to_string(outcome).c_str());
    return 1;
  }

  // Read your writes, wherever: wait until the state is through the change.
  for (auto log : {primary->log(), replica->log()})
    if (auto applied =
            log.wait_for_lsn_after(previous(done->records.last), std::chrono::seconds{20});
        !applied)
      return fail("not applied in time", applied.error());
  for (const auto* name : {"p1", "r1"})
    if (auto err = print_value(root / name, "color"))
      return fail("cannot read", err);

  fs::create_directory(root / "third");
  if (auto err = hand_over_state(root / "p1", root / "third"))
    return fail("cannot hand over the state", err);
  if (auto err = print_value(root / "third", "size"))
    return fail("cannot read", err);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: embed_kv DIRECTORY\n");
    return 2;
  }
  caf::actor_system_config config;
  sluice::configure(config);
  caf::actor_system system{config};
  return run(system, argv[1]);
}
