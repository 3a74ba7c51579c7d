#include "replication/registry.hpp"

#include <algorithm>

namespace sluice::replication {

registry::registry(std::size_t replicas_max) : replicas_max_(replicas_max) {}

hello_verdict registry::judge(const hello_facts& hello, primary_facts primary) const {
  primary.replicas = replicas_.size();
  primary.replicas_max = replicas_max_;
  return judge_hello(hello, primary, find(hello.node),
                     find_storage(hello.session.storage, hello.node));
}

const registered_replica& registry::join(const hello_facts& hello, const hello_accepted& verdict,
                                         lsn commit_watermark, monotonic_ns now) {
  auto [position, inserted] = replicas_.try_emplace(hello.node);
  auto& replica = position->second;
  if (inserted)
    replica.id = hello.node;
  else
    ++replica.reconnects;
  if (verdict.data == replica_data::lost) {
    replica.at = {};
    replica.sent = no_lsn;
    // A second loss does not shorten what the first one owes.
    replica.votes_from = std::max(replica.votes_from, commit_watermark);
    ++replica.data_losses;
  }
  if (!hello.region.empty())
    replica.region = hello.region;
  replica.endpoint = hello.endpoint;
  replica.content = hello.content;
  replica.session = hello.session;
  replica.connected = true;
  replica.connected_at = now;
  replica.last_seen = now;
  return replica;
}

bool registry::begin_anew(const hello_facts& hello, const hello_accepted& verdict,
                          lsn commit_watermark, monotonic_ns now) {
  auto [position, inserted] = replicas_.try_emplace(hello.node);
  auto& replica = position->second;
  auto is_news = !replica.rebootstrapping || replica.at.flushed != no_lsn;
  replica.id = hello.node;
  replica.region = hello.region.empty() ? replica.region : hello.region;
  replica.endpoint = hello.endpoint;
  replica.session = hello.session;
  replica.connected = false;
  replica.at = {};
  replica.sent = no_lsn;
  replica.votes_from = std::max(replica.votes_from, commit_watermark);
  replica.rebootstrapping = true;
  if (verdict.data == replica_data::lost)
    ++replica.data_losses;
  replica.content = hello.content;
  replica.last_seen = now;
  return is_news;
}

ack_verdict registry::record_ack(const ack_facts& ack, const ack_context& current,
                                 const replica_troubles& troubles, monotonic_ns now) {
  auto position = replicas_.find(ack.id);
  if (position == replicas_.end())
    return judge_ack(nullptr, ack, current);
  auto& replica = position->second;
  auto verdict = judge_ack(&replica, ack, current);
  if (const auto* dropped = std::get_if<ack_dropped>(&verdict)) {
    ++replica.refused_acks.at(static_cast<std::size_t>(dropped->reason));
    return verdict;
  }
  replica.at = std::get<ack_accepted>(verdict).at;
  replica.rebootstrapping = replica.rebootstrapping && replica.at.flushed < replica.votes_from;
  replica.last_seen = std::max(replica.last_seen, now);
  replica.apply_errors = std::max(replica.apply_errors, troubles.apply_errors);
  replica.divergences = std::max(replica.divergences, troubles.divergences);
  return verdict;
}

void registry::note_sent(std::string_view id, lsn through) {
  auto position = replicas_.find(id);
  if (position != replicas_.end())
    position->second.sent = std::max(position->second.sent, through);
}

void registry::resume_at(std::string_view id, lsn after) {
  auto position = replicas_.find(id);
  if (position != replicas_.end())
    position->second.sent = after;
}

bool registry::disconnect(std::string_view id, const session_id& session) {
  auto position = replicas_.find(id);
  if (position == replicas_.end() || position->second.session != session)
    return false;
  position->second.connected = false;
  return true;
}

bool registry::set_slot_valid(std::string_view id, bool valid) {
  auto position = replicas_.find(id);
  if (position == replicas_.end())
    return false;
  position->second.slot_valid = valid;
  return true;
}

bool registry::set_rebootstrapping(std::string_view id, bool rebootstrapping) {
  auto position = replicas_.find(id);
  if (position == replicas_.end())
    return false;
  position->second.rebootstrapping = rebootstrapping;
  return true;
}

bool registry::detach(std::string_view id) {
  auto position = replicas_.find(id);
  if (position == replicas_.end())
    return false;
  replicas_.erase(position);
  return true;
}

const registered_replica* registry::find(std::string_view id) const {
  auto position = replicas_.find(id);
  return position == replicas_.end() ? nullptr : &position->second;
}

std::vector<registered_replica> registry::replicas() const {
  std::vector<registered_replica> result;
  result.reserve(replicas_.size());
  for (const auto& [id, replica] : replicas_)
    result.push_back(replica);
  return result;
}

std::vector<follower> registry::followers() const {
  std::vector<follower> all;
  for (const auto& [id, x] : replicas_)
    all.push_back({id, x.region, x.at.flushed, x.connected, voter_of(x).valid, x.last_seen});
  return all;
}

std::vector<voter> registry::voters() const {
  std::vector<voter> result;
  result.reserve(replicas_.size());
  for (const auto& [id, replica] : replicas_)
    result.push_back(voter_of(replica));
  return result;
}

std::optional<replication_progress> registry::progress() const {
  if (replicas_.empty())
    return std::nullopt;
  lsn sent = no_lsn;
  auto applied = replicas_.begin()->second.at.applied;
  auto durable = replicas_.begin()->second.at.flushed;
  for (const auto& [id, replica] : replicas_) {
    sent = std::max(sent, replica.sent);
    applied = std::min(applied, replica.at.applied);
    durable = std::min(durable, replica.at.flushed);
  }
  return replication_progress{distance(applied, sent), durable};
}

const registered_replica* registry::find_storage(const storage_id& storage,
                                                 std::string_view except) const {
  for (const auto& [id, replica] : replicas_)
    if (id != except && replica.session.storage == storage)
      return &replica;
  return nullptr;
}

voter voter_of(const registered_replica& replica) {
  return {replica.id, replica.region, replica.at.flushed,
          may_vote(replica.slot_valid, replica.at.flushed, replica.votes_from)};
}

} // namespace sluice::replication
