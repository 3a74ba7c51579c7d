#include "tools/actor_host.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"
#include "tools/record_format.hpp"
#include "tools/record_source.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <thread>
#include <utility>

#include <unistd.h>

namespace sluice::tools {

namespace {

constexpr std::chrono::milliseconds no_wait{0};
/// A follower at the tail asks so seldom; it is answered at once when something comes.
constexpr std::chrono::milliseconds follow_wait{10'000};
/// Between two tries to reach a node that went away.
constexpr std::chrono::milliseconds retry_every{200};

struct read_flags {
  std::string data;
  std::optional<std::uint64_t> after;
  std::optional<std::uint64_t> through;
  std::optional<std::uint64_t> limit;
  std::optional<std::uint64_t> wait_lsn;
  bool follow = false;
  std::string format = "lines";
  std::shared_ptr<client_flags> shared;
};

/// Reads blocks on and on through failures that pass: a node that restarts, a link that breaks.
/// What does not pass: a log that is no longer the one that was read.
class patient_source {
public:
  patient_source(record_source& source, bool is_patient)
      : source_(source), is_patient_(is_patient), seen_(source.last) {}

  /// As `record_source::read`; while the node cannot be reached, nothing and after a while.
  caf::expected<std::vector<record>> read(lsn after, lsn through) {
    auto records = source_.read(after, through, is_patient_ ? follow_wait : no_wait);
    if (records)
      return judge(std::move(*records));
    if (code_of(records.error()) == errc::pruned)
      return say_where_it_begins(after, records.error());
    if (!is_patient_ || !may_pass(code_of(records.error())))
      return records;
    if (!std::exchange(is_lost_, true))
      complain(exit_status::done, describe(records.error()) + "; will go on after LSN "
                                      + to_string(after) + " when the node answers again");
    std::this_thread::sleep_for(retry_every);
    return std::vector<record>{};
  }

private:
  static bool may_pass(errc code) { return code == errc::unreachable || code == errc::closed; }

  caf::expected<std::vector<record>> judge(std::vector<record> records) {
    auto was_lost = std::exchange(is_lost_, false);
    if (!records.empty()) {
      if (records.front().term < term_)
        return make_error(errc::diverged, "LSN " + to_string(records.front().lsn)
                                              + " is of an older term than the record before it"
                                              + other_log);
      seen_ = std::max(seen_, records.back().lsn);
      term_ = records.back().term;
    } else if (is_patient_) {
      // Without records a log that has become shorter looks like one that is idle.
      if (auto err = check_length())
        return err;
      if (was_lost)
        complain(exit_status::done, "the node answers again");
    }
    return records;
  }

  caf::error check_length() {
    if (auto err = source_.look())
      return may_pass(code_of(err)) ? caf::error{} : err;
    if (source_.last >= seen_)
      return {};
    return make_error(errc::diverged, "the log ends with LSN " + to_string(source_.last)
                                          + ", and LSN " + to_string(seen_) + " was there before"
                                          + other_log);
  }

  caf::error say_where_it_begins(lsn after, const caf::error& why) {
    if (source_.look())
      return why;
    return make_error(errc::pruned, "LSN " + to_string(next(after))
                                        + " is no longer kept; the oldest is "
                                        + to_string(source_.oldest) + ": go on with --after "
                                        + to_string(previous(source_.oldest)));
  }

  static constexpr const char* other_log =
      ": the node came back with another log. What was printed may not stand in it; look at "
      "`sluice status`, and read anew with --after 0";

  record_source& source_;
  bool is_patient_;
  bool is_lost_ = false;
  /// The last record that there was known to be.
  lsn seen_;
  term term_;
};

/// Prints on until the end of what was asked for.
exit_status print_records(record_source& from, const read_flags& flags) {
  const auto& format = record_formats().at(flags.format);
  line_writer out{STDOUT_FILENO};
  patient_source source{from, flags.follow};
  auto after = flags.after ? lsn{*flags.after} : previous(from.oldest);
  auto through = lsn{flags.through.value_or(flags.follow ? UINT64_MAX : from.last.value)};
  if (!flags.follow)
    through = std::min(through, from.last);
  auto left = flags.limit.value_or(UINT64_MAX);
  while (after < through && left > 0 && !out.failure()) {
    auto records = source.read(after, through);
    if (!records) {
      out.flush();
      return complain(records.error());
    }
    if (records->empty() && !flags.follow)
      break;
    if (records->size() > left)
      records->resize(left);
    for (const auto& entry : *records)
      format(entry, out);
    left -= records->size();
    if (!records->empty())
      after = records->back().lsn;
    if (flags.follow)
      out.flush();
  }
  out.flush();
  return complain_of_output(out);
}

exit_status run_read(const read_flags& flags) {
  auto settings = flags.shared->read(flags.data.empty());
  if (!settings)
    return complain(settings.error());
  if (!flags.data.empty()) {
    // An address of the environment or a file does not count against it.
    if (settings->is_addressed_here)
      return complain(exit_status::bad_usage, "--from and --data exclude each other");
    auto source = records_of_directory(flags.data);
    return source ? print_records(**source, flags) : complain(source.error());
  }
  actor_host host;
  if (flags.wait_lsn && *flags.wait_lsn > 0) {
    auto reached = wait_for_lsn_after(host.system(), settings->nodes.front(),
                                      previous(lsn{*flags.wait_lsn}), settings->timeout);
    if (!reached)
      return code_of(reached.error()) == errc::timed_out
                 ? complain(exit_status::outcome_unknown, describe(reached.error()))
                 : complain(reached.error());
  }
  auto source = records_of_node(host.system(), settings->nodes.front(), settings->timeout);
  return source ? print_records(**source, flags) : complain(source.error());
}

} // namespace

void add_read_command(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<read_flags>();
  auto* command = add_command(parent, "read", "Print the records of a node or of a directory");
  command->footer("A node gives what is durable there; a directory what a node that opened it "
                  "would serve. --follow exits 1\nwhen the node comes back with another log or no "
                  "longer keeps what comes next (`pruned`).\nExample: sluice read --from "
                  "127.0.0.1:4150 --after 100 --limit 10 --format json");
  auto* data =
      command
          ->add_option("--data", flags->data,
                       "instead of --from: the directory of a node, running or not; not with "
                       "--follow or --wait-lsn")
          ->type_name("DIR");
  auto& faults = chosen.faults;
  auto take = [&](const char* name, const char* help, std::optional<std::uint64_t>& target) {
    return add_number(*command, faults, name, help, {}, [&target](std::uint64_t x) { target = x; });
  };
  take("--after", "begin behind this LSN [before the oldest record]", flags->after)
      ->type_name("LSN");
  take("--through", "end with this LSN [the last one; with --follow none]", flags->through)
      ->type_name("LSN");
  take("--limit", "at most so many records", flags->limit);
  take("--wait-lsn", "first wait, at most --timeout, until this LSN is applied there",
       flags->wait_lsn)
      ->type_name("LSN")
      ->excludes(data);
  command
      ->add_flag("--follow", flags->follow,
                 "go on with what is appended, through restarts of the node, until SIGINT")
      ->excludes(data);
  std::vector<std::string> names;
  for (const auto& [name, format] : record_formats())
    names.push_back(name);
  add_choice(*command, faults, "--format", "how records are printed [lines]", std::move(names),
             [flags = flags.get()](const std::string& x) { flags->format = x; });
  flags->shared = std::make_shared<client_flags>(*command, config::command_kind::read);
  chosen.settings[command] = [flags] { return flags->shared->faults(flags->data.empty()); };
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_read(*flags); }; });
}

} // namespace sluice::tools
