#pragma once

#include "tools/demo_corpus.hpp"
#include "tools/latency_histogram.hpp"

#include <sluice/client.hpp>
#include <sluice/types.hpp>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::tools {

/// Appends a corpus from a thread of its own, as far as it is allowed to, and remembers what
/// became of each record.
class demo_appender {
public:
  demo_appender(caf::actor_system& system, client_config config, const demo_corpus& corpus);
  ~demo_appender();

  /// Lets it go on through so many records.
  void allow(std::uint64_t records);

  /// Waits until so many are committed, an append failed, or `timeout` passes.
  /// @returns whether they are
  bool wait_committed(std::uint64_t records, std::chrono::milliseconds timeout);

  /// Ends it: it takes no more input, and waits for what is in flight.
  void finish();

  std::uint64_t committed_records() const { return committed_; }
  /// Why it stopped; empty while all is well.
  std::string failure() const;

  // Only after `finish`.

  /// The digest of each record by the LSN that it got.
  const std::map<lsn, digest>& history() const { return history_; }
  const latency_histogram& latencies() const { return latencies_; }
  std::chrono::nanoseconds elapsed() const { return elapsed_; }

private:
  void append_all(caf::actor_system& system, const client_config& config,
                  const demo_corpus& corpus);
  bool wait_allowed(std::uint64_t record);
  void send(client& to, payload record);
  void take(const append_outcome& outcome, digest content, std::chrono::nanoseconds latency);
  void fail(std::string why);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t allowed_ = 0;
  bool is_stopped_ = false;
  std::atomic<std::uint64_t> committed_{0};
  std::string failure_;
  std::map<lsn, digest> history_;
  latency_histogram latencies_;
  std::chrono::nanoseconds elapsed_{0};
  std::thread thread_;
};

} // namespace sluice::tools
