#include "tools/actor_host.hpp"
#include "tools/command.hpp"
#include "tools/demo_story.hpp"
#include "tools/temporary_directory.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <optional>

namespace sluice::tools {

namespace {

exit_status run_demo(const std::string& records) {
  stop_signal signal;
  temporary_directory place;
  auto corpus = find_corpus(records, place.path());
  if (!corpus)
    return complain(corpus.error());
  actor_host host;
  demo_story story{host.system(), signal, place.path()};
  if (auto err = story.tell(*corpus)) {
    complain(err);
    return complain(exit_status::failed, "the demo did not hold");
  }
  std::puts("lost 0 duplicated 0");
  return exit_status::done;
}

} // namespace

void add_demo_command(CLI::App& parent, chosen_command& chosen) {
  auto records = std::make_shared<std::string>();
  auto* command = add_command(parent, "demo",
                              "Show a primary and two replicas that are killed "
                              "while they work, and a takeover");
  command->footer("Appends this machine's package descriptions (apt-cache dumpavail) under policy "
                  "quorum to three nodes\nin a temporary directory, kills and restarts a replica "
                  "and the primary; then all are killed, a replica\nis promoted, and the old "
                  "primary comes back and follows it, with what it alone had taken put\naside. In "
                  "the end the three logs are compared with each other and with the input. Exit "
                  "status 0:\nnothing was lost, nothing stands there twice.");
  add_checked(*command, chosen.faults, "--records", "append the lines of this file instead",
              [records](const std::string& file) -> std::optional<std::string> {
                if (std::error_code none; !std::filesystem::is_regular_file(file, none))
                  return "'" + file + "': " + (none ? none.message() : "is no file");
                *records = file;
                return std::nullopt;
              })
      ->type_name("FILE");
  command->callback([records, &chosen] { chosen.run = [records] { return run_demo(*records); }; });
}

} // namespace sluice::tools
