#pragma once

#include "messages/codec_parse.hpp"

#include <sluice/types.hpp>

#include <algorithm>

namespace sluice::messages {

inline constexpr int members_max = 64;
/// One more for each promotion that a cluster has lived through.
inline constexpr int timelines_max = 10'000;
inline constexpr std::size_t policy_text_max = 4096;

/// `Facts` has what `cluster_facts` has, `Twin` what `ClusterFacts` has: `welcome` does, too.
template <class Facts, class Twin>
void put_cluster_facts(const Facts& x, Twin& twin) {
  for (const auto& member : x.members)
    twin.add_members(member);
  twin.set_members_version(x.members_version);
  for (const auto& entry : x.timelines) {
    auto* out = twin.add_timelines();
    out->set_id(entry.id.value);
    out->set_parent(entry.parent.value);
    out->set_fork_lsn(entry.fork_lsn.value);
    out->set_fork_digest(entry.fork_digest.value);
    out->set_term(entry.term.value);
    out->set_node(entry.node);
  }
  twin.set_policy(x.policy);
}

/// @returns whether they could be meant
template <class Twin, class Facts>
bool take_cluster_facts(const Twin& twin, Facts& x) {
  if (twin.members_size() > members_max || twin.timelines_size() > timelines_max
      || twin.policy().size() > policy_text_max
      || !std::all_of(twin.members().begin(), twin.members().end(), is_valid_name))
    return false;
  x.members.assign(twin.members().begin(), twin.members().end());
  x.members_version = twin.members_version();
  x.timelines.clear();
  for (const auto& entry : twin.timelines()) {
    if (!is_name_or_empty(entry.node()))
      return false;
    x.timelines.push_back({timeline_id{entry.id()}, timeline_id{entry.parent()},
                           lsn{entry.fork_lsn()}, digest{entry.fork_digest()}, term{entry.term()},
                           entry.node()});
  }
  x.policy = twin.policy();
  return true;
}

} // namespace sluice::messages
