#include "actors/registry_log.hpp"

namespace sluice::actors {

namespace rules = sluice::replication;

void registry_log::init(const node_context& context, term current) {
  log_ = context.log;
  term_ = current;
}

void registry_log::refused(const std::string& id, errc code, const std::string& text,
                           rules::monotonic_ns now) {
  if (refused_.size() >= refused_replicas_max && !refused_.contains(id))
    refused_.clear();
  if (refused_[id].failed(to_string(code), now) != rules::outage_news::goes_on)
    log_->warn("replica refused replica={} term={} reason={} text=\"{}\"", id, term_.value,
               to_string(code), text);
}

void registry_log::attached(const rules::hello_facts& who, lsn after, rules::monotonic_ns now) {
  if (auto known = refused_.find(who.node); known != refused_.end()) {
    if (auto ended = known->second.succeeded(now))
      log_->info("replica is no longer refused replica={} term={} refusals={} for_ms={}", who.node,
                 term_.value, ended->failures, ended->duration.count() / 1'000'000);
    refused_.erase(known);
  }
  log_->info("replica attached replica={} term={} region={} resume_after={}", who.node, term_.value,
             who.region, after.value);
}

void registry_log::lost_data(const rules::hello_facts& who) const {
  log_->warn("replica lost data, it votes again once it has caught up "
             "replica={} term={} flushed_lsn={}",
             who.node, term_.value, who.flushed.value);
}

void registry_log::begins_anew(const rules::hello_facts& who,
                               const rules::resume_plan& plan) const {
  log_->warn("replica begins anew, the log cannot take it on replica={} term={} plan=\"{}\" "
             "flushed_lsn={}",
             who.node, term_.value, to_string(plan), who.flushed.value);
}

void registry_log::ack_dropped(const messages::replica_ack& ack, rules::ack_refusal reason,
                               lsn durable) const {
  log_->warn("ack dropped replica={} term={} reason={} ack_term={} "
             "flushed_lsn={} durable_lsn={}",
             ack.identity.node, term_.value, rules::to_string(reason), ack.term.value,
             ack.flushed.value, durable.value);
}

} // namespace sluice::actors
