#include "actors/spool_writer_state.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

// What waits because the voters are behind, and the policy that says whose lag counts.
namespace sluice::actors {

void spool_writer_state::see_voters(const messages::voters_seen& seen) {
  facts_.last_seen_voters.voters = seen.voters;
  flow_->see(seen.followers);
  auto now = now_of(self_);
  if (is_held_back_ && flow_->next_write_at(now) <= now)
    release_held();
}

/// Whether what was gathered waits because of flow control. No thread sleeps: one timer
/// wakes the writer when the next write is due, and callers that wait slow down by it.
bool spool_writer_state::hold_back() {
  auto now = now_of(self_);
  auto due = flow_->next_write_at(now);
  if (due <= now || gathered_.empty())
    return false;
  is_held_back_ = true;
  flow_timer_.arm(self_, due);
  return true;
}

void spool_writer_state::release_held() {
  is_held_back_ = false;
  was_held_back_ = true;
  expire_held(errc::timed_out, "the deadline passed before it was written");
  if (!gathered_.empty())
    schedule_flush();
}

/// Persist, then use: what a caller was told about commits must hold after a restart.
messages::control_reply spool_writer_state::set_policy(const commit_policy& policy) {
  if (std::holds_alternative<policy_quorum>(policy) && setup_->declared.empty())
    return {true, errc::below_floor,
            "quorum needs declared members, and this primary was started without; nothing was "
            "changed"};
  auto state = setup_->state;
  state.policy = to_string(policy);
  if (setup_->store)
    if (auto err = setup_->store->store(state))
      return {true, code_of(err), context_of(err)};
  setup_->context.log->info("default policy set term={} policy={} before={}", setup_->term.value,
                            state.policy, to_string(facts_.floor));
  setup_->state = std::move(state);
  facts_.floor = policy;
  flow_->follow(policy);
  self_->send(setup_->coordinator, messages::default_policy_changed{policy});
  if (is_held_back_)
    release_held();
  return {true, errc::ok, "the default policy is " + to_string(policy)};
}

} // namespace sluice::actors
