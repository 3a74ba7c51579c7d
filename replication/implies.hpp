#pragma once

#include "replication/members.hpp"

#include <sluice/commit_policy.hpp>

namespace sluice::replication {

/// Whether every set of nodes that meets `asked` also meets `floor`: a partial order, so
/// two policies may imply neither each other. An append may ask only for what implies the
/// node's default; what cannot be proved is refused, never guessed.
///
/// `quorum` implies `ack_n=k` while k ≤ floor(n/2): each majority holds so many replicas
/// beside the primary. `ack_n` does not imply `quorum`: its replicas need not be members.
/// `regions` of r names implies `ack_n=k` for k ≤ r: a replica stands in one region.
bool implies(const commit_policy& asked, const commit_policy& floor, const members& declared);

} // namespace sluice::replication
