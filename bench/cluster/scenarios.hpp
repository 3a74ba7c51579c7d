#pragma once

#include "bench/support/report.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>

/// What is measured end to end, one function for each subject. Each works in directories
/// of its own, which it removes, and ends the processes that it started.
namespace sluice::bench {

struct scenario_context {
  report out;
  /// Short runs: the figures say less, the programs are the same.
  bool quick = false;
  /// Where who receives a snapshot writes it, and the plain transfer that it is held against:
  /// another disk than the primary's, as on another machine.
  std::filesystem::path receiver_directory = std::filesystem::temp_directory_path();

  std::chrono::milliseconds run_time() const {
    return std::chrono::milliseconds{quick ? 600 : 2000};
  }
  std::size_t repeats() const { return quick ? 1 : 3; }
};

/// Callers in the primary's process, local policy, against the disk itself.
void measure_local(scenario_context& context);
/// Small records and many in flight, against a raw loop that writes the same batches.
void measure_pipeline(scenario_context& context);
/// Callers in the primary's process, durable on two of three processes.
void measure_quorum(scenario_context& context);
/// Callers in a process of their own.
void measure_client(scenario_context& context);
/// A replica that begins 2 GiB behind.
void measure_catchup(scenario_context& context);
/// A state of 2 GiB that an empty replica gets by a snapshot.
void measure_bootstrap(scenario_context& context);
/// A link that is cut and healed.
void measure_link(scenario_context& context);
/// Opening after a crash and after a clean close, reading from the middle, pruning.
void measure_open(scenario_context& context);
/// Bytes in the log and on the device for each byte of payload.
void measure_bytes(scenario_context& context);
/// One of two replicas stopped while the log goes on.
void measure_stopped(scenario_context& context);
/// What a primary costs that does nothing.
void measure_idle(scenario_context& context);
/// Acks of many replicas through the actors that judge and count them.
void measure_acks(scenario_context& context);
/// Appends while a thousand segments are pruned.
void measure_prune(scenario_context& context);
/// Flow control behind a slow link.
void measure_slowed(scenario_context& context);
/// A deposed primary that comes back with a tail of its own.
void measure_rejoin(scenario_context& context);

} // namespace sluice::bench
