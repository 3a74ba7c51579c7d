#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every limit and setting that has a value before anybody asked for one, and why.
namespace sluice::config::defaults {

inline constexpr std::uint64_t kibibyte = 1024;
inline constexpr std::uint64_t mebibyte = 1024 * kibibyte;
inline constexpr std::uint64_t gibibyte = 1024 * mebibyte;

// -- the log ------------------------------------------------------------------------------

/// Large enough that a roll and its directory sync vanish in the noise, small enough that
/// a prune gives space back soon and a recycled spare costs little.
inline constexpr std::uint64_t segment_bytes = 64 * mebibyte;
/// A segment of less would roll with every batch.
inline constexpr std::uint64_t segment_bytes_min = 64 * kibibyte;
/// Positions inside a segment fit 32 bits.
inline constexpr std::uint64_t segment_bytes_max = 4 * gibibyte - mebibyte;
/// What an engine logs at once: a large row or a page set, no files.
inline constexpr std::uint64_t record_bytes_max = 16 * mebibyte;
/// Kept although no slot needs it, so that a replica that was away for minutes resumes
/// from the log.
inline constexpr std::uint64_t retain_bytes_min = 256 * mebibyte;

// -- commits ------------------------------------------------------------------------------

/// Longer than a replica's worst fdatasync on a busy disk, shorter than a caller's patience.
inline constexpr std::chrono::milliseconds commit_timeout{5000};
/// A wait that outlives a day is a mistake in the unit.
inline constexpr std::chrono::milliseconds commit_timeout_max{86'400'000};

// -- flow control -------------------------------------------------------------------------

/// What the buffer holds: a voter that is further behind is served from the disk, which the
/// appends need.
inline constexpr std::uint64_t flow_soft_bytes = 64 * mebibyte;
/// A quarter of what a slot may hold back: long before the slot is given up.
inline constexpr std::uint64_t flow_hard_bytes = gibibyte;
/// Longer than any fdatasync of a disk that is well, shorter than a commit's timeout.
inline constexpr std::chrono::milliseconds flow_soft_time{1000};
/// A voter that is so far behind would keep its cluster without a leader for as long after
/// a failover.
inline constexpr std::chrono::milliseconds flow_hard_time{30'000};

// -- replicas -----------------------------------------------------------------------------

/// Reads near the end of the log are answered from memory: a minute of a busy log.
inline constexpr std::uint64_t buffer_bytes = 64 * mebibyte;
/// In flight to one replica: fills a 1 Gbit/s link with 30 ms of round trip.
inline constexpr std::uint64_t window_bytes = 4 * mebibyte;
/// A snapshot takes what the link and the disks have: it is what a replica waits for.
inline constexpr std::uint64_t snapshot_rate = 0;
/// A chunk is 1 MiB, and a replica that hears nothing for 30 s looks for another way.
inline constexpr std::uint64_t snapshot_rate_min = 64 * kibibyte;
/// Below one batch of the usual size the window would send single batches anyway.
inline constexpr std::uint64_t window_bytes_min = 64 * kibibyte;
/// Each slot holds the log back, and each session holds a window.
inline constexpr std::uint64_t slots_max = 1000;
inline constexpr std::uint64_t slots_max_most = 10'000;
/// How much log a replica that is away may hold back before its slot is given up.
inline constexpr std::uint64_t slot_bytes_max = 4 * gibibyte;
/// How long it may be away before its slot is given up: a day, so that a failure at night
/// can wait for the morning. Declared members are never given up for it.
inline constexpr std::chrono::milliseconds slot_idle_timeout{86'400'000};

// -- clients ------------------------------------------------------------------------------

/// Appends of one client that may wait at once.
inline constexpr std::uint64_t in_flight_appends = 256;
/// A node remembers so many sequences of a producer: of more in flight, a retry could be too
/// old to be recognized.
inline constexpr std::uint64_t in_flight_appends_max = 1024;

// -- the actor system ---------------------------------------------------------------------

/// No BASP worker actors: they deserialize in parallel, and what arrives in order must be
/// handled in order.
inline constexpr std::size_t middleman_workers = 0;
/// One shared queue instead of work stealing: idle workers of the latter poll and sleep up
/// to 10 ms before they find work, which is most of a commit's latency on a quiet node.
inline constexpr const char* scheduler_policy = "sharing";
/// One handler that runs long must not stop the node; more threads than that buy nothing,
/// for whatever blocks is detached.
inline constexpr std::size_t scheduler_threads_min = 2;
/// Messages that one actor handles before others get their turn. Without a limit a busy
/// replica session starves the acks of the others.
inline constexpr std::size_t scheduler_messages_max = 50;
/// Off: liveness is measured by progress that replicas report, and CAF's heartbeats would
/// cut a link during a long pause that sluice survives.
inline constexpr std::size_t heartbeat_interval_ms = 0;
/// Off: CAF would connect nodes behind our back, past TLS and past the handshake.
inline constexpr bool automatic_connections = false;

} // namespace sluice::config::defaults
