#include "persistence/diverged_tails.hpp"

#include "tools/actor_host.hpp"
#include "tools/append_job.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"
#include "tools/line_writer.hpp"
#include "tools/record_source.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include <unistd.h>

namespace sluice::tools {

namespace {

using persistence::diverged_tail;

struct diverged_flags {
  std::string directory;
  /// Of the tail that is appended again.
  std::string name;
  append_job job;
  bool as_json = false;
  std::shared_ptr<client_flags> shared;
};

nlohmann::ordered_json fields_of(const diverged_tail& x) {
  return {{"name", x.name},           {"term", x.term.value},
          {"fork_lsn", x.fork.value}, {"fork_digest", fmt::format("{:016x}", x.at_fork.value)},
          {"first", x.first.value},   {"last", x.last.value},
          {"records", x.records},     {"bytes", x.bytes}};
}

exit_status run_list(const diverged_flags& flags) {
  auto tails = persistence::list_diverged_tails(persistence::posix_vfs(), flags.directory);
  if (!tails)
    return complain(tails.error());
  line_writer out{STDOUT_FILENO};
  if (flags.as_json) {
    nlohmann::ordered_json all{{"tails", nlohmann::ordered_json::array()}};
    for (const auto& tail : *tails)
      all["tails"].push_back(fields_of(tail));
    out.add(all.dump() + "\n");
  } else {
    for (const auto& tail : *tails)
      out.add(fmt::format("diverged name={} term={} fork_lsn={} first={} last={} records={} "
                          "bytes={}\n",
                          tail.name, tail.term.value, tail.fork.value, tail.first.value,
                          tail.last.value, tail.records, tail.bytes));
  }
  out.flush();
  return complain_of_output(out);
}

/// The records of a log that nobody writes, one after the other.
class tail_input final : public record_input {
public:
  explicit tail_input(std::unique_ptr<record_source> source)
      : source_(std::move(source)), taken_(previous(source_->oldest)) {}

  caf::expected<std::optional<payload>> next() override {
    if (position_ == block_.size()) {
      if (taken_ >= source_->last)
        return std::optional<payload>{};
      auto records = source_->read(taken_, source_->last, {});
      if (!records)
        return records.error();
      if (records->empty())
        return make_error(errc::corruption, "the tail ends early, behind LSN " + to_string(taken_));
      block_ = std::move(*records);
      position_ = 0;
    }
    auto& taken = block_[position_++];
    taken_ = taken.lsn;
    return std::optional{std::move(taken.bytes)};
  }

private:
  std::unique_ptr<record_source> source_;
  lsn taken_;
  std::vector<record> block_;
  std::size_t position_ = 0;
};

/// The same for every copy of the same tail, whichever node kept it: the digest tells the history
/// that it left, and its term who wrote it. The sequence is the place behind the fork.
std::string producer_of(const diverged_tail& tail) {
  return fmt::format("diverged-{:016x}-{}", tail.at_fork.value, tail.term.value);
}

exit_status run_reapply(diverged_flags& flags) {
  auto shared = flags.shared->read();
  if (!shared)
    return complain(shared.error());
  auto tails = persistence::list_diverged_tails(persistence::posix_vfs(), flags.directory);
  if (!tails)
    return complain(tails.error());
  auto tail = std::find_if(tails->begin(), tails->end(),
                           [&](const diverged_tail& x) { return x.name == flags.name; });
  if (tail == tails->end())
    return complain(exit_status::failed, "no tail '" + flags.name + "' is kept in "
                                             + flags.directory
                                             + "; `sluice diverged list` shows those that are");
  auto source = records_of_directory(persistence::diverged_folder(flags.directory) / flags.name);
  if (!source)
    return complain(source.error());
  auto& job = flags.job;
  job.client.nodes = std::move(shared->nodes);
  job.client.in_flight_max = shared->in_flight;
  job.client.follow = shared->follow;
  job.client.producer = producer_of(*tail);
  job.timeout = shared->timeout;
  job.policy = shared->policy;
  tail_input input{std::move(*source)};
  actor_host host;
  return run(host.system(), job, input);
}

std::optional<std::string> take_name(diverged_flags& flags, const std::string& text) {
  if (!persistence::term_of_tail(text))
    return "'" + text + "' is no tail: TERM or TERM.N, as `sluice diverged list` names them";
  flags.name = text;
  return std::nullopt;
}

void add_directory(CLI::App& command, diverged_flags& flags) {
  command
      .add_option("--data", flags.directory,
                  "the directory of a node, running or not; nothing is written there")
      ->type_name("DIR")
      ->required();
}

void add_list(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<diverged_flags>();
  auto* command = add_command(parent, "list", "List what was cut off this node's log");
  command->footer("Each is a log of its own in DIR/diverged/NAME: `sluice read --data` it.\n"
                  "Example: sluice diverged list --data /var/lib/sluice --json");
  add_directory(*command, *flags);
  command->add_flag("--json", flags->as_json, "one JSON object");
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_list(*flags); }; });
}

void add_reapply(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<diverged_flags>();
  auto* command = add_command(parent, "reapply",
                              "Append the records of a tail again, as new ones, to a primary");
  command->footer(
      "Prints the LSN of each record when it is committed. Its producer is made of the tail: the "
      "same tail again,\nfrom this node or another, doubles nothing. What clients have sent again "
      "by themselves is doubled:\ncompare first. Records that were one append are several.\n"
      "Example: sluice diverged reapply 7 --data /var/lib/sluice --to 127.0.0.1:4150");
  add_checked(*command, chosen.faults, "TERM", "the tail, as `sluice diverged list` names it",
              [flags = flags.get()](const std::string& x) { return take_name(*flags, x); })
      ->required();
  add_directory(*command, *flags);
  command->add_flag("--quiet", flags->job.is_quiet, "print no LSNs");
  command->add_flag("--json", flags->job.as_json,
                    "instead of LSNs print the sum at the end, one JSON object");
  flags->shared = std::make_shared<client_flags>(*command, config::command_kind::append);
  chosen.settings[command] = [flags] { return flags->shared->faults(); };
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_reapply(*flags); }; });
}

} // namespace

void add_diverged_command(CLI::App& parent, chosen_command& chosen) {
  auto* command =
      add_command(parent, "diverged", "List what was cut off a node's log, and append it again");
  command->require_subcommand(1);
  command->footer("A deposed primary keeps what its successor does not have in DIR/diverged/TERM.\n"
                  "Example: sluice diverged list --data /var/lib/sluice");
  add_list(*command, chosen);
  add_reapply(*command, chosen);
}

} // namespace sluice::tools
