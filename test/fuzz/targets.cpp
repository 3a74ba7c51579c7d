#include "test/fuzz/targets.hpp"

#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace sluice::test {

namespace {

// A record takes a byte of input at least and is decoded to its LSN, term, time and payload;
// a protobuf twin of two bytes has an object of its own. Hence factors, not sums.
constexpr fuzz_target all_targets[] = {
    {"frames", fuzz_frames, 1024},
    {"segment_header", fuzz_segment_header, 64},
    {"segment_scan", fuzz_segment_scan, 1024},
    {"mark", fuzz_mark, 64},
    {"index", fuzz_index, 1024},
    {"producer_table", fuzz_producer_table, 1024},
    // Protobuf sets that aside for a string that is claimed in a nested message; the files are
    // the node's own, so that is let pass.
    {"node_state", fuzz_node_state, 1024, 50'000'000},
    {"slot_catalog", fuzz_slot_catalog, 1024, 50'000'000},
    {"snapshot_manifest", fuzz_snapshot_manifest, 1024, 50'000'000},
    {"varint", fuzz_varint, 16},
    {"wire", fuzz_wire, 1024},
    {"policy", fuzz_policy, 1024},
    {"units", fuzz_units, 64},
    {"endpoints", fuzz_endpoints, 1024},
    {"config_file", fuzz_config_file, 4096},
};

} // namespace

std::span<const fuzz_target> fuzz_targets() {
  return all_targets;
}

void require(bool holds, const char* promise) {
  if (holds)
    return;
  std::fprintf(stderr, "broken: %s\n", promise);
  std::abort();
}

} // namespace sluice::test
