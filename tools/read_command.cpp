#include "tools/actor_host.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"
#include "tools/record_format.hpp"
#include "tools/record_source.hpp"

#include <CLI/CLI.hpp>

#include <optional>

#include <unistd.h>

namespace sluice::tools {

namespace {

constexpr std::chrono::milliseconds follow_wait{1000};

struct read_flags {
  std::string from;
  std::string data;
  std::optional<std::uint64_t> after;
  std::optional<std::uint64_t> through;
  std::optional<std::uint64_t> limit;
  bool follow = false;
  std::string format = "lines";
  std::shared_ptr<client_flags> shared;
};

/// Reads on until the end of what was asked for.
exit_status print_records(record_source& source, const read_flags& flags) {
  const auto& format = record_formats().at(flags.format);
  line_writer out{STDOUT_FILENO};
  auto after = flags.after ? lsn{*flags.after} : previous(source.oldest);
  auto through = lsn{flags.through.value_or(flags.follow ? UINT64_MAX : source.last.value)};
  if (!flags.follow)
    through = std::min(through, source.last);
  auto left = flags.limit.value_or(UINT64_MAX);
  while (after < through && left > 0 && !out.failure()) {
    auto wait = flags.follow ? follow_wait : std::chrono::milliseconds{0};
    auto records = source.read(after, through, wait);
    if (!records) {
      out.flush();
      return complain(records.error());
    }
    if (records->empty() && !flags.follow)
      break;
    for (const auto& entry : *records) {
      if (left-- == 0)
        break;
      format(entry, out);
      after = entry.lsn;
      if (left == 0)
        break;
    }
    if (flags.follow)
      out.flush();
  }
  out.flush();
  return out.failure() ? complain(out.failure()) : exit_status::done;
}

exit_status run_read(const read_flags& flags) {
  auto settings = flags.shared->read();
  if (!settings)
    return complain(settings.error());
  if (!flags.data.empty()) {
    auto source = records_of_directory(flags.data);
    return source ? print_records(**source, flags) : complain(source.error());
  }
  auto where = endpoint_of("--from", flags.from);
  if (!where)
    return complain(where.error());
  actor_host host;
  auto source = records_of_node(host.system(), *where, settings->timeout);
  return source ? print_records(**source, flags) : complain(source.error());
}

} // namespace

void add_read_command(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<read_flags>();
  auto* command = add_command(parent, "read", "Print the records of a node or of a directory");
  command->footer("A node gives what is durable there; a directory what a node that opened it "
                  "would serve.\nExample: sluice read --from 127.0.0.1:4150 --after 100 --limit "
                  "10 --format json");
  auto* where = command->add_option_group("where", "one of these is needed");
  auto* from = where->add_option("--from", flags->from, "a node")->type_name("HOST:PORT");
  auto* data = where->add_option("--data", flags->data, "the directory of a node, running or not")
                   ->type_name("DIR");
  where->require_option(1);
  from->excludes(data);
  command->add_option("--after", flags->after, "begin behind this LSN [the oldest record]")
      ->type_name("LSN");
  command->add_option("--through", flags->through, "end with this LSN [the last one]")
      ->type_name("LSN");
  command->add_option("--limit", flags->limit, "at most so many records")->type_name("N");
  command->add_flag("--follow", flags->follow, "go on with what is appended")->excludes(data);
  std::vector<std::string> names;
  for (const auto& [name, format] : record_formats())
    names.push_back(name);
  command->add_option("--format", flags->format, "how records are printed [lines]")
      ->check(CLI::IsMember(names));
  flags->shared = std::make_shared<client_flags>(*command);
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_read(*flags); }; });
}

} // namespace sluice::tools
