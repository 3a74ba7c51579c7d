#include "persistence/rdlw_export.hpp"

#include "tools/command.hpp"
#include "tools/progress_line.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <map>

namespace sluice::tools {

namespace {

using persistence::rdlw_layout;

struct export_flags {
  std::string file;
  std::string directory;
  std::string layout = "2026-07";
};

const std::map<std::string, rdlw_layout>& layouts() {
  static const std::map<std::string, rdlw_layout> all{{"2026-06", rdlw_layout::v3_2026_06},
                                                      {"2026-07", rdlw_layout::v3_2026_07}};
  return all;
}

exit_status run_export(const export_flags& flags) {
  auto report = [&] {
    progress_line progress{"export", "records"};
    return persistence::export_rdlw(persistence::posix_vfs(), flags.directory, flags.file,
                                    layouts().at(flags.layout),
                                    [&](auto done, auto all) { progress.update(done, all); });
  }();
  // What the layout cannot hold is the log's fault, not the caller's.
  if (!report && code_of(report.error()) == errc::invalid_argument)
    return complain(exit_status::failed, context_of(report.error()));
  if (!report)
    return complain(report.error());
  std::printf("exported records=%llu first=%s last=%s bytes=%llu layout=%s\n",
              static_cast<unsigned long long>(report->records), to_string(report->first).c_str(),
              to_string(report->last).c_str(), static_cast<unsigned long long>(report->bytes),
              flags.layout.c_str());
  return exit_status::done;
}

} // namespace

void add_export_command(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<export_flags>();
  auto* command = add_command(parent, "export", "Write a log as the spool of a RedDB");
  command->footer("Writes frames of v3. The file is there, whole and durable, or not at all. A "
                  "record with an ownership\nepoch is refused in layout 2026-06, which has no "
                  "room for it.\nExample: sluice export --rdlw main.rdb.logical.wal --data "
                  "/var/lib/sluice");
  command->add_option("--rdlw", flags->file, "a new file; an existing one is not overwritten")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--data", flags->directory,
                   "the directory of a node, running or not; nothing is written there")
      ->type_name("DIR")
      ->required();
  add_choice(*command, chosen.faults, "--layout",
             "2026-06: without ownership epoch; 2026-07: with it, as RedDB writes today [2026-07]",
             {"2026-06", "2026-07"},
             [flags = flags.get()](const std::string& x) { flags->layout = x; });
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_export(*flags); }; });
}

} // namespace sluice::tools
