#include "tools/bench_runs.hpp"

#include "tools/bench_report.hpp"
#include "tools/node_process.hpp"
#include "tools/progress_line.hpp"

#include <sluice/client.hpp>
#include <sluice/primary_node.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>

namespace sluice::tools {

namespace {

using clock = std::chrono::steady_clock;

primary_config primary_in(const std::filesystem::path& place) {
  primary_config config;
  config.data = place / "p1";
  config.name = "p1";
  config.listen.port = 0;
  return config;
}

exit_status measure(sluice::log log, const std::filesystem::path& place,
                    const bench_settings& settings, bench_report& report, bool as_json) {
  progress_line progress{"bench", "runs"};
  for (std::uint64_t run = 0; run < settings.runs; ++run) {
    auto raw = write_raw_for_a_while(place / "raw", settings);
    if (!raw)
      return complain(raw.error());
    report.add(append_for_a_while(log, settings), std::move(*raw));
    progress.update(run + 1, settings.runs);
  }
  report.print(as_json);
  if (report.failed() > 0)
    return complain(exit_status::failed, "some appends were not committed");
  return exit_status::done;
}

caf::expected<node_process> start_node(const std::filesystem::path& place, const char* name,
                                       std::vector<std::string> words) {
  node_process_start start;
  start.program = this_program();
  start.arguments = std::move(words);
  start.arguments.insert(start.arguments.end(),
                         {"--name", name, "--data", (place / name).string()});
  start.log = place / (std::string{name} + ".log");
  return node_process::start(start);
}

double milliseconds_since(clock::time_point began) {
  return std::chrono::duration<double, std::milli>(clock::now() - began).count();
}

/// Opens the log and closes it again. @returns how long the opening took
caf::expected<double> time_open(caf::actor_system& system, const std::filesystem::path& place) {
  auto began = clock::now();
  auto node = primary_node::open(system, primary_in(place));
  if (!node)
    return node.error();
  auto took = milliseconds_since(began);
  if (auto err = node->close())
    return err;
  return took;
}

/// Has a node of its own process append something and die of SIGKILL.
caf::error crash(caf::actor_system& system, const std::filesystem::path& place) {
  auto node = start_node(place, "p1", {"primary"});
  if (!node)
    return node.error();
  client_config config;
  config.nodes = {node->listening()};
  auto to = client::open(system, config);
  if (!to)
    return to.error();
  append request;
  request.records.emplace_back("written before the crash");
  auto outcome = to->append_and_wait(request);
  node->kill();
  if (!std::holds_alternative<committed>(outcome))
    return make_error(errc::io_error, to_string(outcome));
  return {};
}

caf::error fill(caf::actor_system& system, const std::filesystem::path& place,
                std::uint64_t bytes) {
  bench_settings settings;
  settings.record_bytes = 4096;
  settings.in_flight = 256;
  auto node = primary_node::open(system, primary_in(place));
  if (!node)
    return node.error();
  auto filled = append_count(node->log(), settings, bytes / settings.record_bytes);
  if (filled.failed > 0)
    return make_error(errc::io_error, "the log could not be filled");
  return node->close();
}

} // namespace

exit_status bench_append(caf::actor_system& system, const std::filesystem::path& place,
                         const bench_settings& settings, bool as_json) {
  auto node = primary_node::open(system, primary_in(place));
  if (!node)
    return complain(node.error());
  bench_report report{"append", "local (fdatasync on one node)", settings};
  return measure(node->log(), place, settings, report, as_json);
}

exit_status bench_replicate(caf::actor_system& system, const std::filesystem::path& place,
                            const bench_settings& settings, bool as_json) {
  auto config = primary_in(place);
  config.members = {"p1", "r1", "r2"};
  config.policy = policy_quorum{};
  auto node = primary_node::open(system, config);
  if (!node)
    return complain(node.error());
  auto primary = to_string(node->listening());
  auto r1 = start_node(place, "r1", {"replica", "--primary", primary});
  auto r2 = start_node(place, "r2", {"replica", "--primary", primary});
  if (!r1 || !r2)
    return complain(r1 ? r2.error() : r1.error());
  bench_report report{"replicate", "quorum (fdatasync on two of three nodes)", settings};
  auto warmed_up = append_count(node->log(), settings, 100);
  if (warmed_up.failed > 0)
    return complain(exit_status::failed, "the replicas do not join");
  return measure(node->log(), place, settings, report, as_json);
}

exit_status bench_open(caf::actor_system& system, const std::filesystem::path& place,
                       std::uint64_t bytes, std::uint64_t runs, bool as_json) {
  if (auto err = fill(system, place, bytes))
    return complain(err);
  std::vector<double> clean;
  std::vector<double> crashed;
  progress_line progress{"bench", "runs"};
  for (std::uint64_t run = 0; run < runs; ++run) {
    auto after_close = time_open(system, place);
    if (!after_close)
      return complain(after_close.error());
    if (auto err = crash(system, place))
      return complain(err);
    auto after_kill = time_open(system, place);
    if (!after_kill)
      return complain(after_kill.error());
    clean.push_back(*after_close);
    crashed.push_back(*after_kill);
    progress.update(run + 1, runs);
  }
  if (as_json)
    std::printf("%s\n", nlohmann::ordered_json{{"bench", "open"},
                                               {"bytes", bytes},
                                               {"runs", runs},
                                               {"clean_ms", median(clean)},
                                               {"killed_ms", median(crashed)}}
                            .dump()
                            .c_str());
  else
    std::printf("open: %llu bytes, medians of %llu runs\nclosed cleanly  %.1f ms\nSIGKILL         "
                "%.1f ms\n",
                static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(runs),
                median(clean), median(crashed));
  return exit_status::done;
}

} // namespace sluice::tools
