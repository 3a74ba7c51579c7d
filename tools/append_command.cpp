#include "tools/actor_host.hpp"
#include "tools/append_job.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

namespace sluice::tools {

namespace {

struct append_flags {
  append_job job;
  bool length_prefixed = false;
  std::optional<std::uint64_t> size;
  std::uint64_t count = 0;
  std::shared_ptr<client_flags> shared;
};

std::unique_ptr<record_input> open_input(const append_flags& flags) {
  if (flags.length_prefixed)
    return read_length_prefixed(STDIN_FILENO);
  if (!flags.size)
    return read_lines(STDIN_FILENO);
  return generate_records(*flags.size, flags.count);
}

caf::error fill_job(append_flags& flags) {
  auto shared = flags.shared->read();
  if (!shared)
    return shared.error();
  auto& job = flags.job;
  job.client.nodes = std::move(shared->nodes);
  job.client.in_flight_max = shared->in_flight;
  job.client.follow = shared->follow;
  job.timeout = shared->timeout;
  job.policy = shared->policy;
  return {};
}

exit_status run_append(append_flags& flags) {
  if (auto err = fill_job(flags))
    return complain(err);
  auto input = open_input(flags);
  actor_host host;
  return run(host.system(), flags.job, *input);
}

void add_input_options(CLI::App& command, usage_faults& faults, append_flags& flags) {
  auto* prefixed =
      command.add_flag("--length-prefixed", flags.length_prefixed,
                       "records follow their length, a little-endian u32; not with --size");
  auto* size =
      add_size(command, faults, "--size", "with --count: generate records of so many bytes",
               [&](std::uint64_t bytes) { flags.size = bytes; });
  auto* count = add_number(command, faults, "--count",
                           "with --size: generate so many, numbered, instead of reading "
                           "stdin",
                           {}, [&](std::uint64_t records) { flags.count = records; });
  size->needs(count)->excludes(prefixed);
  count->needs(size);
  auto* batch = add_number(
      command, faults, "--batch", "so many input records are one append, all or nothing [1]",
      {1, append_limits{}.records_max}, [&](std::uint64_t records) { flags.job.batch = records; });
  command
      .add_flag(
          "--atomic", flags.job.is_atomic,
          "the whole input is one append, of at most 100000 records and 20M; not with --batch")
      ->excludes(batch);
}

std::optional<std::string> take_producer(append_flags& flags, const std::string& text) {
  if (!is_valid_name(text))
    return "'" + text + "' is not a name: [A-Za-z0-9._-]{1,64}";
  flags.job.client.producer = text;
  return std::nullopt;
}

} // namespace

void add_append_command(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<append_flags>();
  auto* command =
      add_command(parent, "append", "Append records from stdin, a line each, to a primary");
  command->footer("Prints the LSN of each record when it is committed. Exit status 3: the outcome "
                  "of some is unknown, they\nstand on stderr as `unknown LSN`; the same input "
                  "under the same --producer doubles nothing.\nExample: seq 1000 | sluice append "
                  "--to 127.0.0.1:4150 --policy quorum");
  auto& faults = chosen.faults;
  add_number(*command, faults, "--expect-lsn", "the LSN that the first record must get",
             {1, UINT64_MAX},
             [flags = flags.get()](std::uint64_t x) { flags->job.expected_lsn = lsn{x}; })
      ->type_name("LSN");
  add_checked(*command, faults, "--producer",
              "the name that retries go by: the same input under it again doubles nothing [random]",
              [flags = flags.get()](const std::string& x) { return take_producer(*flags, x); })
      ->type_name("ID");
  command
      ->add_option("--ack-log", flags->job.ack_log,
                   "file, emptied first, for LSN and CRC-32C of each commit")
      ->type_name("FILE");
  command->add_flag("--quiet", flags->job.is_quiet, "print no LSNs");
  command->add_flag("--json", flags->job.as_json,
                    "instead of LSNs print the sum at the end, one JSON object");
  add_input_options(*command, faults, *flags);
  flags->shared = std::make_shared<client_flags>(*command, config::command_kind::append);
  chosen.settings[command] = [flags] { return flags->shared->faults(); };
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_append(*flags); }; });
}

} // namespace sluice::tools
