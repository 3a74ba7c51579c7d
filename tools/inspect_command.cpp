#include "persistence/inspect.hpp"
#include "persistence/node_state.hpp"
#include "persistence/spool_reader.hpp"
#include "tools/command.hpp"
#include "tools/line_writer.hpp"
#include "tools/record_source.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include <optional>

#include <unistd.h>

namespace sluice::tools {

namespace {

using json = nlohmann::ordered_json;

struct inspect_flags {
  std::string directory;
  bool segments = false;
  bool batches = false;
  bool records = false;
  bool node = false;
  std::optional<std::uint64_t> after;
  bool as_json = false;
};

/// `kind name=value ...`, or the same as a JSON object; one line.
void print(const inspect_flags& flags, const char* kind, const json& fields, line_writer& out) {
  if (flags.as_json) {
    out.add(fields.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
    return;
  }
  std::string line = kind;
  for (const auto& [name, value] : fields.items())
    line += " " + name + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
  out.add(line + "\n");
}

json fields_of(const persistence::segment_info& x) {
  return {{"file", x.file_name},         {"first", x.header.first.value},
          {"last", x.last.value},        {"generation", x.header.generation},
          {"cluster", x.header.cluster}, {"timeline", x.header.timeline.value},
          {"term", x.header.term.value}, {"used_bytes", x.used_bytes},
          {"file_bytes", x.file_bytes},  {"closed", x.is_closed},
          {"index", x.has_index}};
}

json fields_of(const frame_batch& x) {
  return {{"first", x.first.value},
          {"last", x.last.value},
          {"records", x.record_count()},
          {"term", x.term.value},
          {"timeline", x.timeline.value},
          {"timestamp_ms", x.base_timestamp.value},
          {"bytes", x.bytes.size()},
          {"previous_digest", fmt::format("{:016x}", x.previous_digest.value)},
          {"digest", fmt::format("{:016x}", x.tail_digest.value)}};
}

json fields_of(const record& x) {
  return {{"lsn", x.lsn.value},
          {"term", x.term.value},
          {"timeline", x.timeline.value},
          {"timestamp_ms", x.timestamp.value},
          {"bytes", x.bytes.size()}};
}

caf::error print_segments(const inspect_flags& flags, line_writer& out) {
  auto segments = persistence::list_segments(persistence::posix_vfs(), flags.directory);
  if (!segments)
    return segments.error();
  auto after = lsn{flags.after.value_or(0)};
  for (const auto& segment : *segments)
    if (after == no_lsn || segment.last > after)
      print(flags, "segment", fields_of(segment), out);
  return {};
}

caf::error print_batch(const inspect_flags& flags, const frame_batch& batch, lsn after,
                       line_writer& out) {
  if (!flags.records) {
    print(flags, "batch", fields_of(batch), out);
    return {};
  }
  auto records = persistence::decode_records(batch, after, batch.last);
  if (!records)
    return records.error();
  for (const auto& entry : *records)
    print(flags, "record", fields_of(entry), out);
  return {};
}

caf::error print_history(const inspect_flags& flags, line_writer& out) {
  auto& disk = persistence::posix_vfs();
  auto extent = persistence::find_extent(disk, flags.directory);
  if (!extent)
    return extent.error();
  auto reader = persistence::spool_reader::open(disk, flags.directory);
  if (!reader)
    return reader.error();
  auto after = flags.after ? lsn{*flags.after} : previous(extent->oldest);
  while (after < extent->last && !out.failure()) {
    auto batches = (*reader)->read_batches(after, extent->last, {});
    if (!batches)
      return batches.error();
    if (batches->empty())
      break;
    for (const auto& batch : *batches) {
      if (auto err = print_batch(flags, batch, after, out))
        return err;
      after = batch.last;
    }
  }
  // Whether the log ends here, or damage stands there.
  auto whole = records_of_directory(flags.directory);
  return whole ? caf::error{} : whole.error();
}

json fields_of(const persistence::node_state& x) {
  return {{"role", to_string(x.role)},
          {"name", x.node},
          {"cluster", x.cluster},
          {"region", x.region},
          {"storage", fmt::format("{:016x}", x.storage.value)},
          {"incarnation", x.incarnation.value},
          {"term", x.term.value},
          {"timeline", x.timeline.value},
          {"members", fmt::format("{}", fmt::join(x.members, ","))},
          {"policy", x.policy},
          {"log_start_lsn", x.log_start.value},
          {"discarded_through_lsn", x.discarded_through.value},
          {"restarts_at_lsn", x.restart ? x.restart->first.value : 0},
          {"granted_term", x.granted_term.value},
          {"granted_to", x.granted_to},
          {"is_deposed", x.is_deposed},
          {"wants_snapshot", x.wants_snapshot},
          {"history_term", x.history_term.value}};
}

caf::error print_node(const inspect_flags& flags, line_writer& out) {
  std::string warning;
  auto state = persistence::read_node_state(persistence::posix_vfs(), flags.directory, warning);
  if (!state)
    return state.error();
  if (!*state)
    return make_error(errc::io_error, flags.directory
                                          + ": has no node_state.a or .b: no node was ever "
                                            "opened here");
  if (!warning.empty())
    complain(exit_status::done, warning + "; the next start of the node mends it");
  print(flags, "node", fields_of(**state), out);
  return {};
}

exit_status run_inspect(const inspect_flags& flags) {
  line_writer out{STDOUT_FILENO};
  auto err = flags.node                       ? print_node(flags, out)
             : flags.batches || flags.records ? print_history(flags, out)
                                              : print_segments(flags, out);
  out.flush();
  if (err)
    return complain(err);
  return complain_of_output(out);
}

} // namespace

void add_inspect_command(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<inspect_flags>();
  auto* command = add_command(parent, "inspect", "Show how a log stands on disk; writes nothing");
  command->footer("Takes one of --segments, --batches, --records and --node. Exits 4 when it meets "
                  "damage; `sluice verify` tells all of it.\nExample: sluice "
                  "inspect /var/lib/sluice --batches --after 1000");
  command->add_option("DIR", flags->directory, "the directory of a node, running or not")
      ->type_name(" ")
      ->required();
  auto* segments =
      command->add_flag("--segments", flags->segments, "a line a segment (the default)");
  auto* batches = command->add_flag("--batches", flags->batches, "a line a batch");
  auto* records = command->add_flag("--records", flags->records, "a line a record");
  auto* node = command->add_flag("--node", flags->node,
                                 "one line: what the directory says of its node, and where its "
                                 "log began");
  segments->excludes(batches)->excludes(records)->excludes(node);
  batches->excludes(records)->excludes(node);
  records->excludes(node);
  add_number(*command, chosen.faults, "--after", "begin behind this LSN [before the oldest]", {},
             [flags = flags.get()](std::uint64_t x) { flags->after = x; })
      ->type_name("LSN")
      ->excludes(node);
  command->add_flag("--json", flags->as_json, "a JSON object a line");
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_inspect(*flags); }; });
}

} // namespace sluice::tools
