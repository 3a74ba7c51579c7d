#pragma once

#include "messages/local.hpp"
#include "messages/wire.hpp"
#include "replication/hello_rule.hpp"
#include "replication/resume_rule.hpp"

#include <sluice/errc.hpp>

namespace sluice::actors {

/// What a refusal is called on the wire.
errc code_for(replication::hello_refusal reason);
errc code_for(replication::resume_refusal reason);

replication::session_id session_of(const messages::node_identity& who);

/// A hello as the rules take it.
replication::hello_facts facts_of(const messages::hello& x);

/// Whether it shows its digest at its end: without, its history would be taken on trust.
bool is_proven(const messages::hello& x);

/// What a peer is told when the own log cannot be read for it: of damage as such, for it is not
/// for it to mend.
errc code_of_reading(const caf::error& why);

/// Of the history through the LSN that both were found to agree on; that of no history at 0.
digest agreed_digest_of(const messages::register_replica& request);

} // namespace sluice::actors
