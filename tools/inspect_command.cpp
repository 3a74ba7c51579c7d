#include "persistence/inspect.hpp"
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

exit_status run_inspect(const inspect_flags& flags) {
  line_writer out{STDOUT_FILENO};
  auto err =
      flags.batches || flags.records ? print_history(flags, out) : print_segments(flags, out);
  out.flush();
  if (err)
    return complain(err);
  return complain_of_output(out);
}

} // namespace

void add_inspect_command(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<inspect_flags>();
  auto* command = add_command(parent, "inspect", "Show how a log stands on disk; writes nothing");
  command->footer("Exits 4 when it meets damage; `sluice verify` tells all of it.\nExample: sluice "
                  "inspect /var/lib/sluice --batches --after 1000");
  command->add_option("directory", flags->directory, "the directory of a node, running or not")
      ->type_name("DIR")
      ->required();
  auto* what = command->add_option_group("what");
  what->add_flag("--segments", flags->segments, "a line a segment (the default)");
  what->add_flag("--batches", flags->batches, "a line a batch");
  what->add_flag("--records", flags->records, "a line a record");
  what->require_option(0, 1);
  take_number(
      command->add_option("--after", flags->after, "begin behind this LSN")->type_name("LSN"));
  command->add_flag("--json", flags->as_json, "a JSON object a line");
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_inspect(*flags); }; });
}

} // namespace sluice::tools
