#include "persistence/rdlw_import.hpp"
#include "persistence/reddb_slots.hpp"

#include "tools/command.hpp"
#include "tools/progress_line.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace sluice::tools {

namespace {

using ull = unsigned long long;

struct import_flags {
  std::string file;
  std::vector<std::string> slot_files;
  std::string directory;
};

void print(const persistence::import_report& report) {
  std::printf("imported records=%llu first=%s last=%s bytes=%llu next_term=%s\n",
              static_cast<ull>(report.records), to_string(report.first).c_str(),
              to_string(report.last).c_str(), static_cast<ull>(report.bytes),
              to_string(report.next_term).c_str());
  if (report.slots > 0)
    std::printf("slots imported=%llu given_up=%llu\n", static_cast<ull>(report.slots),
                static_cast<ull>(report.slots_lost));
  if (const auto& torn = report.torn)
    std::printf("torn file=%s offset=%llu bytes=%llu\n", torn->file.c_str(),
                static_cast<ull>(torn->byte_offset), static_cast<ull>(torn->bytes));
  if (const auto& found = report.damaged)
    std::printf("damage file=%s offset=%llu lsn=%s reason=%s\n", found->file.c_str(),
                static_cast<ull>(found->byte_offset), to_string(found->lsn).c_str(),
                found->reason.c_str());
}

exit_status judge(const persistence::import_report& report, const std::string& directory) {
  if (report.torn)
    std::fprintf(stderr,
                 "sluice: %s ends within a record: a crash tore its last write. Everything before "
                 "it was imported.\n",
                 report.torn->file.c_str());
  if (!report.damaged)
    return exit_status::done;
  auto what_stands = report.records == 0
                         ? std::string{"Nothing was imported."}
                         : "The records before it, through LSN " + to_string(report.last)
                               + ", are a whole log in " + directory
                               + "; remove that when you don't want to go on without the rest.";
  return complain(exit_status::damaged,
                  describe(persistence::to_error(*report.damaged, "import")) + ". " + what_stands);
}

exit_status run_import(const import_flags& flags) {
  // Of a pipe the end cannot be told, and neither its length.
  if (std::error_code unknown; !std::filesystem::is_regular_file(flags.file, unknown))
    return complain(exit_status::failed,
                    flags.file + ": " + (unknown ? unknown.message() : "is no file"));
  // Before anything is made: damage there imports nothing.
  auto slots = persistence::load_reddb_slots(persistence::posix_vfs(),
                                             {flags.slot_files.begin(), flags.slot_files.end()});
  if (!slots)
    return complain(slots.error());
  auto report = [&] {
    progress_line progress{"import", "bytes"};
    return persistence::import_rdlw(
        persistence::posix_vfs(), flags.file, flags.directory, {}, {},
        [&](auto done, auto all) { progress.update(done, all); }, std::move(*slots));
  }();
  if (!report)
    return complain(report.error());
  print(*report);
  return judge(*report, flags.directory);
}

} // namespace

void add_import_command(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<import_flags>();
  auto* command = add_command(parent, "import", "Make a log of the spool of a RedDB");
  command->footer(
      "Reads frames of v1, v2 and v3, mixed as they come; writes nothing in FILE. Keeps LSNs, "
      "terms, times,\nownership epochs and the first LSN. A last record that a crash tore is "
      "reported, exit 0. Other damage,\na gap or an unknown version is reported with its place, "
      "exit 4; the records before it are imported.\nA damaged --slots file: exit 4, nothing is "
      "imported; slots whose id is no name ([A-Za-z0-9._-]{1,64}) are left "
      "out.\nStart it with "
      "`sluice primary --data DIR`: name, cluster and members are taken then.\nExample: sluice "
      "import --rdlw main.rdb.logical.wal --data /var/lib/sluice");
  command->add_option("--rdlw", flags->file, "the spool: NAME.logical.wal beside RedDB's data file")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--slots", flags->slot_files,
                   "the slots too: RedDB's slot catalog, binary or its older JSON; give it twice "
                   "for both, of each slot the newer counts")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command
      ->add_option("--data", flags->directory,
                   "where the log goes; made when it is missing, refused when it holds a log")
      ->type_name("DIR")
      ->required();
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_import(*flags); }; });
}

} // namespace sluice::tools
