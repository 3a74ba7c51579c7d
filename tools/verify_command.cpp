#include "persistence/verify.hpp"

#include "tools/command.hpp"
#include "tools/progress_line.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace sluice::tools {

namespace {

using json = nlohmann::ordered_json;

struct verify_flags {
  std::string directory;
  std::string against;
  bool as_json = false;
};

struct findings {
  persistence::verify_report log;
  std::optional<persistence::log_comparison> comparison;

  bool are_good() const {
    return log.damages.empty() && !(comparison && comparison->first_difference);
  }
};

caf::expected<findings> look_at(const verify_flags& flags) {
  auto& disk = persistence::posix_vfs();
  findings found;
  {
    progress_line progress{"verify", "segments"};
    auto log = persistence::verify_directory(
        disk, flags.directory, [&](auto done, auto all) { progress.update(done, all); });
    if (!log)
      return log.error();
    found.log = std::move(*log);
  }
  // Damaged bytes would only be reported a second time.
  if (flags.against.empty() || !found.log.damages.empty())
    return found;
  progress_line progress{"compare", "records"};
  auto comparison =
      persistence::compare_logs(disk, flags.directory, flags.against,
                                [&](auto done, auto all) { progress.update(done, all); });
  if (!comparison)
    return comparison.error();
  found.comparison = *comparison;
  return found;
}

void print(const findings& found) {
  const auto& log = found.log;
  for (const auto& x : log.damages)
    std::printf("damage file=%s offset=%llu lsn=%s reason=%s\n", x.file.c_str(),
                static_cast<unsigned long long>(x.byte_offset), to_string(x.lsn).c_str(),
                x.reason.c_str());
  for (const auto& x : log.notes)
    std::printf("note file=%s offset=%llu lsn=%s reason=%s\n", x.file.c_str(),
                static_cast<unsigned long long>(x.byte_offset), to_string(x.lsn).c_str(),
                x.reason.c_str());
  if (log.damages.empty())
    std::printf("ok records=%llu first=%s last=%s segments=%llu bytes=%llu\n",
                static_cast<unsigned long long>(log.records), to_string(log.first).c_str(),
                to_string(log.last).c_str(), static_cast<unsigned long long>(log.segments),
                static_cast<unsigned long long>(log.bytes));
  if (!found.comparison)
    return;
  const auto& both = *found.comparison;
  if (both.first_difference)
    std::printf("differs lsn=%s\n", to_string(*both.first_difference).c_str());
  else
    std::printf("identical first=%s last=%s\n", to_string(both.first).c_str(),
                to_string(both.last).c_str());
}

json listed(const std::vector<persistence::damage>& found) {
  json list = json::array();
  for (const auto& x : found)
    list.push_back({{"file", x.file.string()},
                    {"offset", x.byte_offset},
                    {"lsn", x.lsn.value},
                    {"reason", x.reason}});
  return list;
}

void print_json(const findings& found) {
  const auto& log = found.log;
  json object{
      {"ok", found.are_good()},         {"records", log.records},     {"first", log.first.value},
      {"last", log.last.value},         {"segments", log.segments},   {"bytes", log.bytes},
      {"damages", listed(log.damages)}, {"notes", listed(log.notes)}, {"against", nullptr}};
  if (found.comparison) {
    const auto& both = *found.comparison;
    json difference;
    if (both.first_difference)
      difference = both.first_difference->value;
    object["against"] = {
        {"first", both.first.value}, {"last", both.last.value}, {"first_difference", difference}};
  }
  std::printf("%s\n", object.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
}

exit_status run_verify(const verify_flags& flags) {
  auto found = look_at(flags);
  if (!found)
    return complain(found.error());
  if (flags.as_json)
    print_json(*found);
  else
    print(*found);
  return found->are_good() ? exit_status::done : exit_status::damaged;
}

} // namespace

void add_verify_command(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<verify_flags>();
  auto* command = add_command(parent, "verify", "Check every byte of a log; writes nothing");
  command->footer("Prints `ok ...`, or a line `damage ...` each and exits 4; a line `note ...` is "
                  "for what the next open mends.\nWith --against also `identical ...`, or "
                  "`differs lsn=N` and exits 4.\nExample: sluice verify "
                  "/var/lib/sluice");
  command->add_option("DIR", flags->directory, "the directory of a node, running or not")
      ->type_name(" ")
      ->required();
  command->add_option("--against", flags->against, "compare the history with that of another node")
      ->type_name("DIR");
  command->add_flag("--json", flags->as_json, "one JSON object");
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_verify(*flags); }; });
}

} // namespace sluice::tools
