#include "tools/actor_host.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"
#include "tools/line_writer.hpp"

#include <sluice/client.hpp>

#include <CLI/CLI.hpp>

#include <unistd.h>

namespace sluice::tools {

namespace {

/// A survey and a round of grants, each with a deadline of its own, and the disk.
constexpr std::chrono::milliseconds promotion_timeout_min{20'000};

struct promote_flags {
  promotion_request request;
  std::shared_ptr<client_flags> shared;
};

exit_status run_promote(const promote_flags& flags) {
  auto settings = flags.shared->read();
  if (!settings)
    return complain(settings.error());
  actor_host host;
  auto done = promote(host.system(), settings->nodes.front(), flags.request,
                      std::max(settings->timeout, promotion_timeout_min));
  if (!done)
    return complain(done.error());
  line_writer out{STDOUT_FILENO};
  out.add(*done + "\n");
  out.flush();
  return complain_of_output(out);
}

} // namespace

void add_promote_command(CLI::App& parent, chosen_command& chosen) {
  auto* command = add_command(parent, "promote", "Make a replica the primary");
  command->footer(
      "With declared members a majority must grant the new term, and nobody who granted may hold "
      "more.\nWithout members it is your word: stop the old primary first, for it goes on until "
      "it hears of the\nnew term, and what it took last may be lost. Refused (exit 5) as fenced, "
      "behind_watermark or no_majority;\na refused promotion may leave a raised term: then the "
      "old primary has to be promoted again.\nWhat is lost is kept at the old primary in "
      "DIR/diverged/.\nExample: sluice promote --node 127.0.0.1:4151 --plan");
  auto flags = std::make_shared<promote_flags>();
  auto* plan = command->add_flag("--plan", flags->request.is_plan,
                                 "print what each node holds and whether it may be promoted; "
                                 "changes nothing");
  command
      ->add_flag("--force", flags->request.is_forced,
                 "also without a majority (it stays `confirming` until one has come), or although "
                 "other nodes hold more: that is lost")
      ->excludes(plan);
  add_number(*command, chosen.faults, "--required-lsn",
             "refuse a node that does not hold this LSN [any]", {},
             [flags = flags.get()](std::uint64_t x) { flags->request.required = lsn{x}; });
  flags->shared = std::make_shared<client_flags>(*command, config::command_kind::promote);
  chosen.settings[command] = [flags] { return flags->shared->faults(); };
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_promote(*flags); }; });
}

} // namespace sluice::tools
