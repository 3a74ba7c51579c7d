#pragma once

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/infer_handle.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>

#include <utility>

/// Which thread runs an actor.
namespace sluice::actors {

/// Spawns an actor that blocks. The only place where an actor is detached.
template <class F, class... Ts>
auto spawn_blocking(caf::actor_system& system, bool detach, F f, Ts&&... xs) {
  if (detach)
    return system.spawn<caf::detached>(f, std::forward<Ts>(xs)...);
  return system.spawn(f, std::forward<Ts>(xs)...);
}

/// An event-based actor that `unit` runs instead of the scheduler.
template <class F, class Setup>
class placed_actor final : public caf::infer_impl_from_fun_t<F> {
  using base = caf::infer_impl_from_fun_t<F>;

public:
  placed_actor(caf::actor_config& config, caf::execution_unit& unit, F f, Setup setup)
      : base{config}, unit_{&unit}, f_{f}, setup_{std::move(setup)} {}

  typename base::behavior_type make_behavior() override { return f_(this, std::move(setup_)); }

  using base::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    base::enqueue(std::move(what), unit_);
  }

  void launch(caf::execution_unit*, bool lazy, bool hide) override {
    base::launch(unit_, lazy, hide);
  }

  /// A multiplexer runs these itself and hands all others to the scheduler.
  caf::resumable::subtype_t subtype() const override { return caf::resumable::io_actor; }

private:
  caf::execution_unit* unit_;
  F f_;
  Setup setup_;
};

/// Spawns an actor that stands between a commit and the network, must not block and does
/// little at a time. It runs in the thread of the sockets: each thread that a message must
/// wake first costs a commit some 40 us.
template <class F, class Setup>
auto spawn_near_network(caf::actor_system& system, caf::execution_unit* network, F f, Setup setup) {
  using handle = caf::infer_handle_from_fun_t<F>;
  if (network != nullptr)
    return caf::actor_cast<handle>(
        system.spawn<placed_actor<F, Setup>>(*network, f, std::move(setup)));
  return system.spawn(f, std::move(setup));
}

} // namespace sluice::actors
