#include "examples/kv/kv_reader.hpp"
#include "tools/checked_options.hpp"
#include "tools/kv_commands.hpp"
#include "tools/line_writer.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <functional>
#include <thread>

#include <unistd.h>

/// The commands of the key-value store that read: straight from the files of nodes.
namespace sluice::tools {

namespace {

using json = nlohmann::ordered_json;
using clock = std::chrono::steady_clock;

/// Another process moves the state: there is nobody to be told by.
constexpr std::chrono::milliseconds look_every{20};

struct reader_flags {
  std::string data;
  std::string against;
  std::string key;
  std::string prefix;
  lsn wait_lsn;
  std::chrono::milliseconds timeout{5000};
  bool as_json = false;
};

/// Keys and values are any bytes; JSON is text.
std::string line_of(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

/// Looks again and again until `is_reached` says so. @returns false at the deadline
caf::expected<bool> wait_until(std::chrono::milliseconds timeout,
                               const std::function<caf::expected<bool>()>& is_reached) {
  auto deadline = clock::now() + timeout;
  while (true) {
    auto reached = is_reached();
    if (!reached || *reached || clock::now() >= deadline)
      return reached;
    std::this_thread::sleep_for(look_every);
  }
}

caf::error wait_for(kv::kv_reader& reader, const reader_flags& flags) {
  lsn applied;
  auto reached = wait_until(flags.timeout, [&]() -> caf::expected<bool> {
    auto found = reader.applied();
    if (!found)
      return found.error();
    applied = *found;
    return applied >= flags.wait_lsn;
  });
  if (!reached)
    return reached.error();
  if (!*reached)
    return make_error(errc::commit_timeout, "LSN " + to_string(flags.wait_lsn)
                                                + " is not applied there yet, the state is at "
                                                + to_string(applied));
  return {};
}

exit_status run_get(const reader_flags& flags) {
  auto reader = kv::kv_reader::open(flags.data);
  if (!reader)
    return complain(reader.error());
  if (auto err = wait_for(*reader, flags))
    return complain(err);
  auto value = reader->get(flags.key);
  if (!value)
    return complain(value.error());
  if (!*value)
    return complain(make_error(errc::not_found, "there is no key '" + flags.key + "'"));
  line_writer out{STDOUT_FILENO};
  out.add(**value);
  out.add("\n");
  out.flush();
  return complain_of_output(out);
}

std::string text_of(const kv::entry_view& x, bool as_json) {
  if (as_json)
    return line_of({{"key", x.key}, {"value", x.value}, {"lsn", x.lsn.value}});
  return std::string{x.key} + " " + std::string{x.value} + "\n";
}

exit_status run_list(const reader_flags& flags) {
  auto reader = kv::kv_reader::open(flags.data);
  if (!reader)
    return complain(reader.error());
  auto rows = reader->list(flags.prefix);
  if (!rows)
    return complain(rows.error());
  line_writer out{STDOUT_FILENO};
  while (!out.failure()) {
    auto row = rows->next();
    if (!row) {
      out.flush();
      return complain(row.error());
    }
    if (!*row)
      break;
    out.add(text_of(**row, flags.as_json));
  }
  out.flush();
  return complain_of_output(out);
}

std::string told(const std::optional<lsn>& x) {
  return x ? to_string(*x) : "none";
}

std::string text_of(const kv::comparison& x) {
  auto here = to_string(x.here_applied);
  if (x.are_same())
    return "identical applied_lsn=" + here + " keys=" + std::to_string(x.entries) + "\n";
  if (x.here_applied != x.there_applied)
    return "differs applied_lsn=" + here + " against_applied_lsn=" + to_string(x.there_applied)
           + "\n";
  std::string text;
  for (const auto& one : x.examples)
    text += "differs key=" + json(one.key).dump(-1, ' ', false, json::error_handler_t::replace)
            + " lsn=" + told(one.here) + " against_lsn=" + told(one.there) + "\n";
  return text + "differs applied_lsn=" + here + " keys=" + std::to_string(x.differing)
         + " ignored=" + std::to_string(x.here_ignored)
         + " against_ignored=" + std::to_string(x.there_ignored) + "\n";
}

json json_of(const std::optional<lsn>& x) {
  return x ? json(x->value) : json(nullptr);
}

json json_of(const kv::comparison& x) {
  json differences = json::array();
  for (const auto& one : x.examples)
    differences.push_back(
        {{"key", one.key}, {"lsn", json_of(one.here)}, {"against_lsn", json_of(one.there)}});
  return {{"identical", x.are_same()},
          {"applied_lsn", x.here_applied.value},
          {"against_applied_lsn", x.there_applied.value},
          {"keys", x.entries},
          {"differing", x.differing},
          {"ignored", x.here_ignored},
          {"against_ignored", x.there_ignored},
          {"differences", std::move(differences)}};
}

/// While both are being written they are seldom at one LSN by chance: it is tried again.
caf::expected<kv::comparison> compare_at_one_lsn(kv::kv_reader& here, kv::kv_reader& there,
                                                 std::chrono::milliseconds timeout) {
  kv::comparison last;
  auto reached = wait_until(timeout, [&]() -> caf::expected<bool> {
    auto found = kv::compare(here, there);
    if (!found)
      return found.error();
    last = std::move(*found);
    return last.here_applied == last.there_applied;
  });
  if (!reached)
    return reached.error();
  return last;
}

caf::error check_pages(kv::kv_reader& of, const std::string& directory) {
  auto faults = of.faults();
  if (!faults)
    return faults.error();
  return faults->empty() ? caf::error{}
                         : make_error(errc::corruption, directory + "/kv.sqlite: " + *faults);
}

exit_status run_check(const reader_flags& flags) {
  auto here = kv::kv_reader::open(flags.data);
  if (!here)
    return complain(here.error());
  auto there = kv::kv_reader::open(flags.against);
  if (!there)
    return complain(there.error());
  if (auto err = check_pages(*here, flags.data))
    return complain(err);
  if (auto err = check_pages(*there, flags.against))
    return complain(err);
  auto found = compare_at_one_lsn(*here, *there, flags.timeout);
  if (!found)
    return complain(found.error());
  line_writer out{STDOUT_FILENO};
  out.add(flags.as_json ? line_of(json_of(*found)) : text_of(*found));
  out.flush();
  if (!found->are_same())
    return exit_status::damaged;
  return complain_of_output(out);
}

void add_timeout(CLI::App& command, chosen_command& chosen, reader_flags& flags,
                 const std::string& help) {
  add_duration(command, chosen.faults, "--timeout", help,
               [&](std::chrono::milliseconds x) { flags.timeout = x; });
}

CLI::App& add_reader(CLI::App& parent, chosen_command& chosen, const std::string& name,
                     const std::string& description, const std::shared_ptr<reader_flags>& flags,
                     exit_status (*run)(const reader_flags&)) {
  auto* command = add_command(parent, name, description);
  command->add_option("--data", flags->data, "the directory of a node, running or not")
      ->type_name("DIR")
      ->required();
  command->callback([flags, run, &chosen] { chosen.run = [flags, run] { return run(*flags); }; });
  return *command;
}

void add_get(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<reader_flags>();
  auto& command = add_reader(parent, chosen, "get", "Print the value of a key as a node has it",
                             flags, run_get);
  command.add_option("KEY", flags->key, "the key")->type_name(" ")->required();
  add_number(command, chosen.faults, "--wait-lsn",
             "first wait, at most --timeout, until this LSN is applied there", {},
             [flags = flags.get()](std::uint64_t x) { flags->wait_lsn = lsn{x}; })
      ->type_name("LSN");
  add_timeout(command, chosen, *flags, "how long --wait-lsn may take [5s]");
  command.footer("Exit status: 1 without such a key, 3 when the LSN is not applied in time.\nRead "
                 "your write: sluice kv get color --data /var/lib/r1 --wait-lsn $(sluice kv put "
                 "color blue --to 127.0.0.1:4150)");
}

void add_list(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<reader_flags>();
  auto& command =
      add_reader(parent, chosen, "list",
                 "Print `key value` lines of one moment, in the order of keys", flags, run_list);
  command.add_option("--prefix", flags->prefix, "only keys that begin with it")->type_name("P");
  command.add_flag("--json", flags->as_json, "one JSON object a line, with the LSN of the change");
  command.footer("Example: sluice kv list --data /var/lib/sluice --prefix user/");
}

void add_check(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<reader_flags>();
  auto& command = add_reader(parent, chosen, "check",
                             "Compare the state of two nodes at one applied LSN", flags, run_check);
  command.add_option("--against", flags->against, "the directory of the other node")
      ->type_name("DIR")
      ->required();
  add_timeout(command, chosen, *flags, "how long the one that is behind may take to catch up [5s]");
  command.add_flag("--json", flags->as_json, "one JSON object");
  command.footer("Prints `identical ...`, or `differs ...` and exits 4, which a damaged file "
                 "does, too.\nExample: sluice kv check --data /var/lib/p1 --against /var/lib/r1");
}

} // namespace

void add_kv_readers(CLI::App& parent, chosen_command& chosen) {
  add_get(parent, chosen);
  add_list(parent, chosen);
  add_check(parent, chosen);
}

} // namespace sluice::tools
