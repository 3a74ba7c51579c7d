#include <cstdio>
#include <cstdlib>

#include <sluice/commit_policy.hpp>
#include <sluice/types.hpp>

namespace {

void check(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "consumer: does not hold: %s\n", what);
    std::exit(1);
  }
}

} // namespace

int main() {
  check(next(sluice::lsn{41}) == sluice::lsn{42}, "an LSN has a successor");
  check(sluice::is_valid_name("node-1"), "a plain name is valid");

  auto policy = sluice::parse_policy("ack_n=2");
  check(policy && to_string(*policy) == "ack_n=2", "a policy reads as it prints");
  check(!sluice::parse_policy("ack_n=0"), "a policy that means nothing is refused");
}
