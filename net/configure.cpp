#include <sluice/configure.hpp>

#include "config/defaults.hpp"
#include "messages/type_ids.hpp"

#include <sluice/errc.hpp>

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>

#include <algorithm>
#include <string>

#include <sys/sysinfo.h>

namespace sluice {

namespace {

namespace defaults = config::defaults;

/// Whether the middleman is loaded; a second load would throw.
bool has_middleman(const caf::actor_system_config& config) {
  return !config.module_factories.empty();
}

} // namespace

void configure(caf::actor_system_config& config) {
  messages::add_message_types(config);
  if (!has_middleman(config))
    config.load<caf::io::middleman>();
  config.set("scheduler.policy", caf::atom_from_string(defaults::scheduler_policy));
  config.set("scheduler.max-threads",
             std::max<std::size_t>(defaults::scheduler_threads_min,
                                   static_cast<std::size_t>(get_nprocs())));
  config.set("scheduler.max-throughput", defaults::scheduler_messages_max);
  config.set("middleman.workers", defaults::middleman_workers);
  config.set("middleman.enable-automatic-connections", defaults::automatic_connections);
  config.add_error_category(error_category,
                            [](std::uint8_t code, caf::atom_value, const caf::message& context) {
                              caf::error err{code, error_category, context};
                              return describe(err);
                            });
}

caf::error check_actor_system(const caf::actor_system& system) {
  std::string wrong;
  const auto& config = system.config();
  auto expect = [&](bool good, const char* what) {
    if (!good)
      wrong += (wrong.empty() ? "" : "; ") + std::string{what};
  };
  expect(system.has_middleman(), "the middleman is not loaded");
  expect(caf::get_or(config, "middleman.workers", std::size_t{1}) == 0,
         "middleman.workers must be 0: messages must arrive in order");
  expect(!caf::get_or(config, "middleman.enable-automatic-connections", false),
         "middleman.enable-automatic-connections must be off: CAF would open plain ports");
  expect(caf::get_or(config, "scheduler.max-throughput", std::size_t{0}) - 1 < 1000,
         "scheduler.max-throughput must be between 1 and 1000: a flooded broker would not "
         "touch its sockets");
  if (wrong.empty())
    return caf::none;
  return make_error(errc::bad_actor_system,
                    wrong + "; call sluice::configure before the actor system is made");
}

} // namespace sluice
