#pragma once

#include <sluice/strong_u64.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

/// The position of a record: dense, from 1, assigned by the writer. 0 means "none".
using lsn = strong_u64<struct lsn_tag>;

/// Generation of the right to write; also the fencing token. Terms are durable before
/// they are used and only grow. 0 means "unknown".
using term = strong_u64<struct term_tag>;

/// A branch of the history. A promotion starts a new one. 0 means "none".
using timeline_id = strong_u64<struct timeline_tag>;

/// One life of a node: grows with each open of its directory.
using incarnation = strong_u64<struct incarnation_tag>;

/// Counts the connection attempts of one incarnation.
using connect_sequence = strong_u64<struct connect_sequence_tag>;

/// A random number made together with a directory. The same node name with another
/// storage id has lost its data.
using storage_id = strong_u64<struct storage_id_tag>;

/// The chained XXH3-64 that stands for the whole history up to a batch.
using digest = strong_u64<struct digest_tag>;

/// Milliseconds since the Unix epoch, by the primary's wall clock; stamps records,
/// decides nothing.
using timestamp_ms = strong_u64<struct timestamp_tag>;

/// Numbers the appends of one producer. A retry carries the number of its first try.
using producer_sequence = strong_u64<struct producer_sequence_tag>;

/// RedDB's range ownership version: carried for import and export, never interpreted.
using ownership_epoch = strong_u64<struct ownership_epoch_tag>;

inline constexpr lsn no_lsn{0};

constexpr lsn next(lsn x) {
  return lsn{x.value + 1};
}

/// The last LSN of `count` records that begin at `first`; `count` > 0.
constexpr lsn last_of(lsn first, std::uint64_t count) {
  return lsn{first.value + count - 1};
}

/// How many records lie in (after, through]; 0 when `through` is not past `after`.
constexpr std::uint64_t distance(lsn after, lsn through) {
  return through.value > after.value ? through.value - after.value : 0;
}

/// The LSN before `x`; the one before the first is none.
constexpr lsn previous(lsn x) {
  return lsn{x.value == 0 ? 0 : x.value - 1};
}

constexpr term next(term x) {
  return term{x.value + 1};
}

constexpr incarnation next(incarnation x) {
  return incarnation{x.value + 1};
}

constexpr connect_sequence next(connect_sequence x) {
  return connect_sequence{x.value + 1};
}

inline constexpr std::size_t max_name_length = 64;

/// Whether `name` may name a node, region, cluster or producer:
/// `[A-Za-z0-9._-]{1,64}`, but not `.` or `..`.
bool is_valid_name(std::string_view name);

} // namespace sluice
