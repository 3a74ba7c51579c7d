// An actor that appends to the log of the node in its own actor system, and counts its
// answers. Usage: embed_actor DIRECTORY
#include <sluice/configure.hpp>
#include <sluice/primary_node.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>
#include <cstdio>

namespace {

constexpr int appends = 100;

/// Longer than an append's own timeout, which answers first.
constexpr std::chrono::seconds patience{10};

caf::behavior counter(caf::event_based_actor* self, sluice::log_actor log, caf::actor reader) {
  auto committed = std::make_shared<int>(0);
  for (int i = 0; i < appends; ++i) {
    sluice::append request{{sluice::payload{"record " + std::to_string(i)}}, {}};
    self->request(log, patience, std::move(request))
        .then(
            [=](const sluice::appended& answer) {
              if (std::holds_alternative<sluice::committed>(answer.outcome))
                ++*committed;
              if (*committed == appends)
                self->send(reader, *committed);
            },
            [=](const caf::error& why) {
              std::fprintf(stderr, "append: %s\n", sluice::describe(why).c_str());
              self->quit(why);
            });
  }
  return {[](caf::unit_t) {}};
}

int run(caf::actor_system& system, const char* directory) {
  sluice::primary_config config;
  config.data = directory;
  config.listen.port = 0;
  auto node = sluice::primary_node::open(system, config);
  if (!node) {
    std::fprintf(stderr, "cannot open: %s\n", sluice::describe(node.error()).c_str());
    return 1;
  }
  caf::scoped_actor self{system};
  auto worker = self->spawn<caf::monitored>(counter, node->actor_handle(), caf::actor{self});
  int result = 1;
  self->receive(
      [&](int committed) {
        std::printf("committed %d\n", committed);
        result = 0;
      },
      [&](const caf::down_msg& down) {
        std::fprintf(stderr, "the actor died: %s\n", system.render(down.reason).c_str());
      });
  self->send_exit(worker, caf::exit_reason::user_shutdown);
  return result;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: embed_actor DIRECTORY\n");
    return 2;
  }
  caf::actor_system_config config;
  sluice::configure(config);
  caf::actor_system system{config};
  return run(system, argv[1]);
}
