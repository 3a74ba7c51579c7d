#include "test/support/local_node.hpp"

#include "messages/type_ids.hpp"

#include <sluice/errc.hpp>

#include <caf/io/middleman.hpp>

namespace sluice::test {

standing_config::standing_config(networking kind) {
  messages::add_message_types(*this);
  add_error_category(error_category,
                     [](std::uint8_t code, caf::atom_value, const caf::message& context) {
                       return describe(caf::error{code, error_category, context});
                     });
  set("scheduler.policy", caf::atom("testing"));
  set("logger.verbosity", caf::atom("quiet"));
  if (kind == networking::none)
    return;
  load<caf::io::middleman>();
  set("middleman.network-backend", caf::atom("testing"));
  set("middleman.manual-multiplexing", true);
  // A detached middleman actor would run on a thread of its own.
  set("middleman.attach-utility-actors", true);
  set("middleman.workers", std::size_t{0});
  set("middleman.heartbeat-interval", caf::timespan{0});
}

local_node::local_node(networking kind)
    : config_(kind)
    , system_(config_)
    , coordinator_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler()))
    , self_(system_, true) {
  // A clock that begins at zero hides what takes zero for "never".
  coordinator_.clock().current_time += std::chrono::hours{1};
}

local_node::~local_node() {
  for (const auto& kept : kept_)
    caf::anon_send_exit(caf::actor_cast<caf::actor>(kept), caf::exit_reason::kill);
  run();
  kept_.clear();
  // Periodic timers would keep the coordinator busy for ever, and nobody would run what is left.
  coordinator_.clock().cancel_all();
  system_.await_actors_before_shutdown(false);
}

std::size_t local_node::run() {
  std::size_t count = 0;
  while (coordinator_.try_run_once())
    ++count;
  return count;
}

void local_node::advance(caf::timespan duration) {
  auto& clock = coordinator_.clock();
  auto end = clock.current_time + duration;
  run();
  while (!clock.schedule().empty() && clock.schedule().begin()->first <= end) {
    clock.trigger_timeout();
    run();
  }
  clock.current_time = end;
  run();
}

} // namespace sluice::test
