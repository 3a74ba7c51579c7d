#include "tools/demo_story.hpp"

#include "persistence/verify.hpp"
#include "tools/demo_check.hpp"
#include "tools/status_text.hpp"

#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <thread>

#include <unistd.h>

namespace sluice::tools {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds poll_every{20};
constexpr std::chrono::seconds caught_up_within{60};
constexpr std::chrono::seconds progress_every{2};
constexpr std::chrono::seconds append_stalls_after{60};

double milliseconds(std::chrono::nanoseconds x) {
  return std::chrono::duration<double, std::milli>(x).count();
}

} // namespace

caf::error demo_story::unexpected(std::string text) {
  return make_error(errc::io_error, std::move(text));
}

demo_story::demo_story(caf::actor_system& system, stop_signal& signal, std::filesystem::path place)
    : system_(system)
    , signal_(signal)
    , place_(std::move(place))
    , began_(clock::now())
    , next_progress_(began_ + progress_every) {}

caf::error demo_story::tell(const demo_corpus& corpus) {
  corpus_ = &corpus;
  say(fmt::format("input: {} {}, {:.1f} MB", corpus.records, corpus.description,
                  static_cast<double>(corpus.bytes) / 1e6));
  if (auto err = start_nodes())
    return err;
  client_config config;
  for (const auto& [name, node] : nodes_)
    config.nodes.push_back(node.listening());
  demo_appender appender{system_, config, corpus};
  if (auto err = append(appender))
    return err;
  appender.finish();
  auto seconds = std::chrono::duration<double>(appender.elapsed()).count();
  say(fmt::format(
      "appended {} records in {:.1f} s, {:.1f} MB/s, all outages included; commit "
      "p50 {:.2f} ms, p99 {:.2f} ms",
      appender.committed_records(), seconds, static_cast<double>(corpus.bytes) / 1e6 / seconds,
      appender.latencies().quantile_us(0.5) / 1000, appender.latencies().quantile_us(0.99) / 1000));
  for (const auto& [name, node] : nodes_)
    if (name != primary_)
      if (auto err = wait_caught_up(name))
        return err;
  if (auto err = show_status())
    return err;
  return compare(appender);
}

caf::error demo_story::start_nodes() {
  if (auto err = start_node(
          "p1", {"primary", "--region", "north", "--members", "p1,r1,r2", "--policy", "quorum"}))
    return err;
  auto primary = to_string(nodes_.at("p1").listening());
  if (auto err = start_node("r1", {"replica", "--region", "east", "--primary", primary}))
    return err;
  if (auto err = start_node("r2", {"replica", "--region", "west", "--primary", primary}))
    return err;
  say("a record is committed when two of the three have it on disk (policy quorum)");
  return {};
}

caf::error demo_story::start_node(const std::string& name, std::vector<std::string> arguments) {
  node_process_start start;
  start.program = this_program();
  start.arguments = std::move(arguments);
  start.arguments.insert(start.arguments.end(),
                         {"--name", name, "--data", (place_ / name).string()});
  start.log = place_ / (name + ".log");
  auto node = node_process::start(start);
  if (!node)
    return unexpected("node " + name + " does not start: " + describe(node.error()));
  say(fmt::format("started {} {} as process {}, {}", start.arguments[0], name, node->process().id(),
                  to_string(node->listening())));
  nodes_.insert_or_assign(name, std::move(*node));
  return {};
}

caf::error demo_story::append(demo_appender& appender) {
  auto share = [all = corpus_->records](std::uint64_t percent) { return all * percent / 100; };
  // Each step leaves something to be appended while its node is away.
  appender.allow(share(45));
  if (auto err = wait_for(appender, share(25)))
    return err;
  if (auto err = kill_replica(appender))
    return err;
  appender.allow(share(60));
  if (auto err = wait_for(appender, share(45)))
    return err;
  if (auto err = restart_replica(appender))
    return err;
  appender.allow(share(80));
  if (auto err = wait_for(appender, share(60)))
    return err;
  if (auto err = kill_primary(appender))
    return err;
  if (auto err = wait_for(appender, share(90)))
    return err;
  for (const auto* name : {"r1", "r2"})
    if (auto err = wait_caught_up(name))
      return err;
  return take_over(appender);
}

caf::error demo_story::wait_for(demo_appender& appender, std::uint64_t records) {
  auto before = appender.committed_records();
  auto stalled_at = clock::now() + append_stalls_after;
  while (!appender.wait_committed(records, poll_every)) {
    if (auto failure = appender.failure(); !failure.empty())
      return unexpected("append: " + failure);
    if (auto err = check_interrupted())
      return err;
    auto now = appender.committed_records();
    show_progress(now);
    if (now != before)
      stalled_at = clock::now() + append_stalls_after;
    else if (clock::now() > stalled_at)
      return unexpected("appends do not go on");
    before = now;
  }
  return {};
}

caf::error demo_story::kill_replica(demo_appender& appender) {
  nodes_.at("r1").kill();
  say(fmt::format("SIGKILL to replica r1 after {} commits; p1 and r2 go on",
                  appender.committed_records()));
  return {};
}

caf::error demo_story::restart_replica(demo_appender& appender) {
  auto began = clock::now();
  auto& node = nodes_.at("r1");
  if (auto err = node.restart())
    return err;
  auto behind = appender.committed_records();
  if (auto err = wait_caught_up("r1"))
    return err;
  say(fmt::format("restarted r1: recovered in {:.0f} ms (durable_lsn={}), caught up with {} "
                  "commits in {:.0f} ms",
                  milliseconds(node.start_took()), parse_ready(node.ready())["durable_lsn"], behind,
                  milliseconds(clock::now() - began)));
  return {};
}

caf::error demo_story::kill_primary(demo_appender& appender) {
  auto& node = nodes_.at("p1");
  node.kill();
  auto began = clock::now();
  auto before = appender.committed_records();
  say(fmt::format("SIGKILL to primary p1 after {} commits, with appends in flight", before));
  if (auto err = node.restart())
    return err;
  appender.allow(corpus_->records * 90 / 100);
  // What was in flight is sent again; a node that knows it answers with its first LSN.
  if (auto err = wait_for(appender, std::min(before + 1, corpus_->records * 90 / 100)))
    return err;
  say(fmt::format("restarted p1: recovered in {:.0f} ms (durable_lsn={}), commits again after "
                  "{:.0f} ms",
                  milliseconds(node.start_took()), parse_ready(node.ready())["durable_lsn"],
                  milliseconds(clock::now() - began)));
  return {};
}

/// Through what is durable on the primary at some moment after the call.
caf::error demo_story::wait_caught_up(const std::string& name) {
  auto deadline = clock::now() + caught_up_within;
  std::optional<lsn> goal;
  while (clock::now() < deadline) {
    auto status = status_of(system_, nodes_.at(primary_).listening());
    if (status) {
      if (!goal)
        goal = status->durable;
      for (const auto& replica : status->replicas)
        if (replica.id == name && replica.connected && replica.flushed >= *goal)
          return {};
    }
    if (auto err = check_interrupted())
      return err;
    std::this_thread::sleep_for(poll_every);
  }
  return unexpected("replica " + name + " does not catch up");
}

caf::error demo_story::show_status() {
  for (auto& [name, node] : nodes_) {
    auto status = status_of(system_, node.listening());
    if (!status)
      return status.error();
    if (name == primary_)
      std::printf("\n%s\n", status_table(*status).c_str());
    if (status->durable.value < corpus_->records)
      return unexpected(name + " has only " + to_string(status->durable) + " records");
  }
  return {};
}

caf::error demo_story::check_interrupted() {
  if (signal_.wait_for(std::chrono::milliseconds{0}))
    return make_error(errc::closed, "interrupted");
  return {};
}

caf::error demo_story::compare(const demo_appender& appender) {
  for (auto& [name, node] : nodes_)
    if (auto err = node.stop())
      return err;
  for (const auto& [name, node] : nodes_)
    if (name != primary_)
      if (auto err = compare_with(name))
        return err;
  auto content = check_content(place_ / primary_, appender.history());
  if (!content)
    return content.error();
  say(fmt::format("compared {} with the input: {} records, lost {} duplicated {}", primary_,
                  content->records, content->lost, content->duplicated));
  if (content->lost + content->duplicated > 0 || appender.history().size() != corpus_->records)
    return unexpected("the log does not hold the input");
  return {};
}

caf::error demo_story::compare_with(const std::string& name) {
  auto& disk = persistence::posix_vfs();
  for (const auto& directory : {place_ / primary_, place_ / name}) {
    auto log = persistence::verify_directory(disk, directory, {});
    if (!log)
      return log.error();
    if (!log->damages.empty())
      return to_error(log->damages.front(), "verify");
  }
  auto both = persistence::compare_logs(disk, place_ / primary_, place_ / name, {});
  if (!both)
    return both.error();
  if (both->first_difference)
    return unexpected(primary_ + " and " + name + " differ at LSN "
                      + to_string(*both->first_difference));
  if (distance(no_lsn, both->last) != corpus_->records)
    return unexpected(primary_ + " and " + name + " share only " + to_string(both->last)
                      + " records");
  say(fmt::format("verified {} and {}: byte-identical from LSN {} through {}", primary_, name,
                  both->first.value, both->last.value));
  return {};
}

void demo_story::say(const std::string& text) {
  if (isatty(STDERR_FILENO) != 0)
    std::fputs("\r\x1b[K", stderr);
  auto seconds = std::chrono::duration<double>(clock::now() - began_).count();
  std::printf("%6.2f s  %s\n", seconds, text.c_str());
  std::fflush(stdout);
}

void demo_story::show_progress(std::uint64_t committed) {
  auto is_terminal = isatty(STDERR_FILENO) != 0;
  if (!is_terminal && clock::now() < next_progress_)
    return;
  next_progress_ = clock::now() + progress_every;
  std::fprintf(stderr, "%s          %llu of %llu committed%s", is_terminal ? "\r" : "",
               static_cast<unsigned long long>(committed),
               static_cast<unsigned long long>(corpus_->records), is_terminal ? "\x1b[K" : "\n");
}

} // namespace sluice::tools
