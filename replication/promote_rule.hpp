#pragma once

#include "replication/confirm_rule.hpp"
#include "replication/members.hpp"
#include "replication/timeline_entry.hpp"

#include <sluice/types.hpp>

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace sluice::replication {

/// Who asks a node to follow nobody but it from `term` on.
struct grant_claim {
  std::string cluster;
  std::string candidate;
  sluice::term term;
  history_end end;
  /// The operator has been told what may be lost.
  bool is_forced = false;
};

/// What the node that is asked holds durable of itself.
struct grantor_facts {
  std::string cluster;
  sluice::term term;
  sluice::term granted_term;
  /// Empty for a term that it has only heard of.
  std::string granted_to;
  history_end end;
  /// It began empty, and has not had all that its primary had since: it may have acknowledged,
  /// in a life that it lost, what it lacks now.
  bool is_new = false;
};

struct granted {
  friend bool operator==(const granted&, const granted&) = default;
};

enum class grant_refusal : std::uint8_t {
  wrong_cluster,
  /// The term is not newer than one that this node has followed or granted.
  fenced,
  /// This node holds what the candidate lacks.
  behind_watermark,
  /// Its grant would say nothing of what was acknowledged.
  not_caught_up,
};

struct grant_refused {
  grant_refusal reason = grant_refusal::fenced;
  /// What the candidate has to exceed; only for `fenced`.
  sluice::term known;
  friend bool operator==(const grant_refused&, const grant_refused&) = default;
};

using grant_verdict = std::variant<granted, grant_refused>;

/// Whether a node grants a term: one candidate a term, and never a term that is not newer
/// than what it has followed (Raft, section 5.2; the vote is durable before it is told, so a
/// node that restarts doesn't vote twice). The same candidate may ask again.
/// Nothing is granted to who lacks records that this node holds (Raft, 5.4.1), nor by a node that
/// is new (decision 7), unless forced.
grant_verdict judge_grant(const grant_claim& claim, const grantor_facts& grantor);

/// What one node answered, after it had stopped following older terms.
struct grant_report {
  std::string id;
  bool is_granted = false;
  /// It follows, or has granted, a term that is not older.
  bool is_fenced = false;
  /// The highest term that it has followed or granted.
  sluice::term term;
  history_end end;
};

struct promotion_facts {
  std::string self;
  sluice::term term;
  history_end end;
  /// No less is accepted by the operator; 0 for no wish.
  lsn required;
  bool is_forced = false;
};

/// It may serve. `lost` names what the promotion leaves behind, which only force allows.
struct promotion_won {
  /// Nodes that hold what the candidate lacks.
  std::vector<std::string> ahead;
  /// Members that did not grant; what they hold is not known.
  std::vector<std::string> silent;
  friend bool operator==(const promotion_won&, const promotion_won&) = default;
};

struct promotion_fenced {
  std::string by;
  sluice::term term;
  friend bool operator==(const promotion_fenced&, const promotion_fenced&) = default;
};

struct promotion_behind {
  /// Empty when it is the operator's wish that is not met.
  std::string by;
  history_end end;
  friend bool operator==(const promotion_behind&, const promotion_behind&) = default;
};

struct promotion_without_majority {
  std::size_t have = 0;
  std::size_t need = 0;
  std::vector<std::string> missing;
  friend bool operator==(const promotion_without_majority&,
                         const promotion_without_majority&) = default;
};

/// Only a declared member may become the primary of a cluster that has members: the node could
/// not be opened as one.
struct promotion_of_stranger {
  friend bool operator==(const promotion_of_stranger&, const promotion_of_stranger&) = default;
};

using promotion_verdict = std::variant<promotion_won, promotion_fenced, promotion_behind,
                                       promotion_without_majority, promotion_of_stranger>;

/// Whether the candidate may serve in its term (P6). With members: grants of a majority,
/// itself one of them, and nobody who granted is ahead. Without: the operator's word, but not
/// past a higher term, nor past a node that is ahead and has answered. Force passes over all
/// but a higher term and the want of membership.
promotion_verdict judge_promotion(const members& declared, const promotion_facts& candidate,
                                  const std::vector<grant_report>& reports);

/// Fewer than that many terms are passed over at a promotion that no majority decides.
inline constexpr std::uint64_t terms_skipped_max = 1ull << 16;

/// How many terms a candidate passes over. None where a majority of the declared members grants
/// each of them once. Without one, and under force, nothing else sees to it that a term has one
/// candidate: two nodes that are promoted on both sides of a partition do not know what the other
/// one knows, so each takes a term that the other one hardly takes by chance.
/// @param random a number that nobody can foretell
std::uint64_t terms_to_skip(const members& declared, bool is_forced, std::uint64_t random);

/// The term to stand for: newer than everything that is known, behind so many that are skipped.
sluice::term next_term(sluice::term own, sluice::term granted,
                       const std::vector<grant_report>& seen, std::uint64_t skipped = 0);

} // namespace sluice::replication
