#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

/// What decoders are given when nobody can be trusted. A target takes any bytes: as they
/// are, and, where checksums would keep all but intact input from getting any further, once
/// more with the checksums put right.
///
/// It returns 1 when something was decoded and 0 when everything was refused. It ends the
/// process when what was decoded breaks a promise: that it reads back from its own encoding,
/// that a count says how many there are, that a view lies in the input.
namespace sluice::test {

int fuzz_frames(const std::uint8_t* data, std::size_t size);
int fuzz_segment_header(const std::uint8_t* data, std::size_t size);
int fuzz_segment_scan(const std::uint8_t* data, std::size_t size);
int fuzz_mark(const std::uint8_t* data, std::size_t size);
int fuzz_index(const std::uint8_t* data, std::size_t size);
int fuzz_producer_table(const std::uint8_t* data, std::size_t size);
int fuzz_node_state(const std::uint8_t* data, std::size_t size);
int fuzz_slot_catalog(const std::uint8_t* data, std::size_t size);
int fuzz_snapshot_manifest(const std::uint8_t* data, std::size_t size);
int fuzz_varint(const std::uint8_t* data, std::size_t size);
/// The first byte chooses the message, the rest is what CAF would have received.
int fuzz_wire(const std::uint8_t* data, std::size_t size);
int fuzz_policy(const std::uint8_t* data, std::size_t size);
int fuzz_units(const std::uint8_t* data, std::size_t size);
int fuzz_endpoints(const std::uint8_t* data, std::size_t size);
int fuzz_config_file(const std::uint8_t* data, std::size_t size);

struct fuzz_target {
  const char* name;
  int (*run)(const std::uint8_t* data, std::size_t size);
  /// Bytes that it may allocate in all, for each byte of input; a fixed amount is added.
  std::uint64_t allocation_factor;
  /// What it may allocate whatever the input.
  std::uint64_t allocation_fixed = 0;
};

std::span<const fuzz_target> fuzz_targets();

/// Ends the process, naming the promise that was broken.
void require(bool holds, const char* promise);

} // namespace sluice::test
