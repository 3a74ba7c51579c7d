#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <sluice/commit_policy.hpp>
#include <sluice/configure.hpp>
#include <sluice/primary_node.hpp>
#include <sluice/types.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

namespace {

void check(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "consumer: does not hold: %s\n", what);
    std::exit(1);
  }
}

/// The main job through installed headers and libraries alone.
void append_and_read(const std::filesystem::path& data) {
  std::filesystem::remove_all(data);
  caf::actor_system_config config;
  sluice::configure(config);
  caf::actor_system system{config};
  sluice::primary_config primary;
  primary.data = data;
  primary.listen.port = 0;
  auto node = sluice::primary_node::open(system, primary);
  check(static_cast<bool>(node), "a primary opens");
  auto outcome = node->log().append_and_wait({{sluice::payload{"hello"}}, {}});
  check(std::holds_alternative<sluice::committed>(outcome), "an append commits");
  auto records = node->log().read(sluice::no_lsn);
  check(records && records->size() == 1 && records->front().bytes.view() == "hello",
        "what was committed is read back");
  check(!node->close(), "it closes cleanly");
  std::filesystem::remove_all(data);
}

} // namespace

int main() {
  check(next(sluice::lsn{41}) == sluice::lsn{42}, "an LSN has a successor");
  check(sluice::is_valid_name("node-1"), "a plain name is valid");

  auto policy = sluice::parse_policy("ack_n=2");
  check(policy && to_string(*policy) == "ack_n=2", "a policy reads as it prints");
  check(!sluice::parse_policy("ack_n=0"), "a policy that means nothing is refused");
  append_and_read(std::filesystem::current_path() / "consumer.data");
}
