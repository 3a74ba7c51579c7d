#pragma once

#include "actors/context.hpp"
#include "messages/wire.hpp"
#include "replication/ack_rule.hpp"
#include "replication/hello_rule.hpp"
#include "replication/outage_log.hpp"
#include "replication/resume_rule.hpp"

#include <sluice/errc.hpp>

#include <map>
#include <string>

namespace sluice::actors {

/// What the log of a primary says of its replicas. A replica that is refused asks again for as
/// long as it lives: each reason is one line, and the end is one, with their number.
class registry_log {
public:
  /// Of so many it is known what was said; a peer can make up names for ever.
  static constexpr std::size_t refused_replicas_max = 1000;

  void init(const node_context& context, term current);

  void refused(const std::string& id, errc code, const std::string& text,
               replication::monotonic_ns now);
  void attached(const replication::hello_facts& who, lsn after, replication::monotonic_ns now);
  void lost_data(const replication::hello_facts& who) const;
  void begins_anew(const replication::hello_facts& who, const replication::resume_plan& plan) const;
  void ack_dropped(const messages::replica_ack& ack, replication::ack_refusal reason,
                   lsn durable) const;

private:
  std::shared_ptr<spdlog::logger> log_;
  term term_;
  std::map<std::string, replication::outage_log> refused_;
};

} // namespace sluice::actors
