#include "examples/kv/operation.hpp"
#include "tools/actor_host.hpp"
#include "tools/append_job.hpp"
#include "tools/checked_options.hpp"
#include "tools/client_flags.hpp"
#include "tools/command.hpp"
#include "tools/kv_commands.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

#include <unistd.h>

/// The commands of the key-value store that write: they append its operations to the log.
namespace sluice::tools {

namespace {

struct change_flags {
  std::string key;
  std::string value;
  std::shared_ptr<client_flags> shared;
};

exit_status run_change(const change_flags& flags, const kv::operation& what) {
  auto settings = flags.shared->read();
  if (!settings)
    return complain(settings.error());
  actor_host host;
  client_config config;
  config.nodes = settings->nodes;
  config.follow = settings->follow;
  auto opened = client::open(host.system(), config);
  if (!opened)
    return complain(opened.error());
  append request{{payload::take(kv::encode(what))}, {}};
  request.options.policy = settings->policy;
  request.options.timeout = settings->timeout;
  auto outcome = opened->append_and_wait(std::move(request));
  if (const auto* done = std::get_if<committed>(&outcome)) {
    std::printf("%s\n", to_string(done->records.first).c_str());
    return exit_status::done;
  }
  return complain(exit_status_of(outcome), to_string(outcome));
}

CLI::App& add_change(CLI::App& parent, chosen_command& chosen, const std::string& name,
                     const std::string& description, const std::shared_ptr<change_flags>& flags,
                     std::function<kv::operation()> what) {
  auto* command = add_command(parent, name, description);
  command->add_option("KEY", flags->key, "the key, any text")->type_name(" ")->required();
  flags->shared = std::make_shared<client_flags>(*command, config::command_kind::append);
  chosen.settings[command] = [flags] { return flags->shared->faults(); };
  command->callback([flags, &chosen, what = std::move(what)] {
    chosen.run = [flags, what] { return run_change(*flags, what()); };
  });
  return *command;
}

void add_put(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<change_flags>();
  auto& command = add_change(parent, chosen, "put", "Set a key; prints the LSN of the change",
                             flags, [flags = flags.get()] {
                               return kv::put{flags->key, flags->value};
                             });
  command.add_option("VALUE", flags->value, "its value, any text")->type_name(" ")->required();
  command.footer("Example: sluice kv put color blue --to 127.0.0.1:4150");
}

void add_del(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<change_flags>();
  add_change(parent, chosen, "del", "Remove a key, there or not; prints the LSN of the change",
             flags, [flags = flags.get()] { return kv::del{flags->key}; })
      .footer("Example: sluice kv del color --to 127.0.0.1:4150");
}

/// Each line `key value` as the put that it asks for.
class put_input final : public record_input {
public:
  explicit put_input(std::unique_ptr<record_input> lines) : lines_(std::move(lines)) {}

  caf::expected<std::optional<payload>> next() override {
    auto line = lines_->next();
    if (!line || !*line)
      return line;
    ++number_;
    auto text = (*line)->view();
    auto blank = text.find(' ');
    if (blank == std::string_view::npos)
      return make_error(errc::malformed,
                        "line " + std::to_string(number_) + " is no `key value`: it has no blank");
    return std::optional{payload::take(kv::encode(
        kv::put{std::string{text.substr(0, blank)}, std::string{text.substr(blank + 1)}}))};
  }

private:
  std::unique_ptr<record_input> lines_;
  std::uint64_t number_ = 0;
};

struct load_flags {
  append_job job;
  std::shared_ptr<client_flags> shared;
};

exit_status run_load(load_flags& flags) {
  auto settings = flags.shared->read();
  if (!settings)
    return complain(settings.error());
  auto& job = flags.job;
  job.client.nodes = settings->nodes;
  job.client.in_flight_max = settings->in_flight;
  job.client.follow = settings->follow;
  job.timeout = settings->timeout;
  job.policy = settings->policy;
  job.is_quiet = true;
  put_input input{read_lines(STDIN_FILENO)};
  actor_host host;
  return run(host.system(), job, input);
}

void add_load(CLI::App& parent, chosen_command& chosen) {
  auto flags = std::make_shared<load_flags>();
  auto* command = add_command(parent, "load", "Set a key for each line `key value` of stdin");
  command->footer("The key ends at the first blank. Ends with the sum that `sluice append` ends "
                  "with.\nExample: sluice kv load --to 127.0.0.1:4150 < pairs.txt");
  add_number(*command, chosen.faults, "--batch", "so many lines are one append, all or nothing [1]",
             {1, append_limits{}.records_max},
             [flags = flags.get()](std::uint64_t x) { flags->job.batch = x; });
  add_checked(*command, chosen.faults, "--producer",
              "the name that retries go by: the same input under it again doubles nothing [random]",
              [flags = flags.get()](const std::string& x) -> std::optional<std::string> {
                if (!is_valid_name(x))
                  return "'" + x + "' is not a name: [A-Za-z0-9._-]{1,64}";
                flags->job.client.producer = x;
                return std::nullopt;
              })
      ->type_name("ID");
  command->add_flag("--json", flags->job.as_json, "print the sum as one JSON object on stdout");
  flags->shared = std::make_shared<client_flags>(*command, config::command_kind::append);
  chosen.settings[command] = [flags] { return flags->shared->faults(); };
  command->callback([flags, &chosen] { chosen.run = [flags] { return run_load(*flags); }; });
}

} // namespace

void add_kv_command(CLI::App& parent, chosen_command& chosen) {
  auto* command = add_command(parent, "kv",
                              "A key-value store on nodes that were started with "
                              "--kv: the example of a replicated state");
  command->require_subcommand(1);
  command->footer(
      "Changes go through the log of the primary; each node applies them to kv.sqlite in "
      "its directory,\nwhich get, list and check read, whether the node runs or not.\n"
      "Example: sluice kv put color blue --to 127.0.0.1:4150 && sluice kv get color "
      "--data /var/lib/sluice");
  add_put(*command, chosen);
  add_del(*command, chosen);
  add_load(*command, chosen);
  add_kv_readers(*command, chosen);
}

} // namespace sluice::tools
