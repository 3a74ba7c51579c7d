#include "config/defaults.hpp"
#include "config/endpoint.hpp"
#include "config/units.hpp"
#include "tools/actor_host.hpp"
#include "tools/append_job.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

namespace sluice::tools {

namespace {

struct append_flags {
  std::uint64_t expected_lsn = 0;
  std::string producer;
  append_job job;
  bool length_prefixed = false;
  std::string size;
  std::uint64_t count = 0;
  std::shared_ptr<client_flags> shared;
};

/// The records to append, or why there are none.
caf::expected<std::unique_ptr<record_input>> open_input(const append_flags& flags) {
  if (flags.length_prefixed)
    return read_length_prefixed(STDIN_FILENO);
  if (flags.size.empty())
    return read_lines(STDIN_FILENO);
  auto size = config::parse_size(flags.size);
  if (!size)
    return make_error(errc::invalid_argument, "--size " + context_of(size.error()));
  return generate_records(*size, flags.count);
}

caf::error fill_job(append_flags& flags) {
  auto shared = flags.shared->read();
  if (!shared)
    return shared.error();
  auto& job = flags.job;
  job.client.nodes = std::move(shared->nodes);
  job.client.in_flight_max = shared->in_flight;
  job.client.follow = shared->follow;
  job.client.producer = flags.producer;
  job.timeout = shared->timeout;
  if (!flags.producer.empty() && !is_valid_name(flags.producer))
    return make_error(errc::invalid_argument,
                      "--producer '" + flags.producer + "' is not a name: [A-Za-z0-9._-]{1,64}");
  if (flags.expected_lsn > 0)
    job.expected_lsn = lsn{flags.expected_lsn};
  job.policy = shared->policy;
  return {};
}

exit_status run_append(append_flags& flags) {
  if (auto err = fill_job(flags))
    return complain(err);
  auto input = open_input(flags);
  if (!input)
    return complain(input.error());
  actor_host host;
  return run(host.system(), flags.job, **input);
}

void add_input_options(CLI::App& command, append_flags& flags) {
  auto* prefixed = command.add_flag("--length-prefixed", flags.length_prefixed,
                                    "records follow their length, a little-endian u32");
  auto* size = command.add_option("--size", flags.size, "bytes of each generated record");
  auto* count = command.add_option("--count", flags.count, "generate so many numbered records");
  size->type_name("SIZE")->needs(count)->excludes(prefixed);
  take_number(count)->type_name("N")->needs(size);
  auto* batch = command.add_option("--batch", flags.job.batch,
                                   "so many input records are one append, all or nothing");
  take_number(batch)->type_name("N")->check(
      CLI::Range(std::uint64_t{1}, config::defaults::append_records_max));
  command.add_flag("--atomic", flags.job.is_atomic, "the whole input is one append")
      ->excludes(batch);
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
  take_number(command->add_option("--expect-lsn", flags->expected_lsn,
                                  "the LSN that the first record must get"))
      ->type_name("LSN")
      ->check(CLI::PositiveNumber);
  command->add_option("--producer", flags->producer, "the name that retries go by [random]")
      ->type_name("ID");
  command->add_option("--ack-log", flags->job.ack_log, "file for LSN and CRC-32C of each commit")
      ->type_name("FILE");
  command->add_flag("--quiet", flags->job.is_quiet, "print no LSNs");
  command->add_flag("--json", flags->job.as_json, "print the sum as one JSON object, no LSNs");
  add_input_options(*command, *flags);
  flags->shared = std::make_shared<client_flags>(*command, config::command_kind::append);
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_append(*flags); }; });
}

} // namespace sluice::tools
