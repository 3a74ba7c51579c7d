#include "tools/node_process.hpp"

#include "config/endpoint.hpp"

#include <sluice/errc.hpp>

#include <csignal>
#include <sstream>

namespace sluice::tools {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds ready_within{60};
constexpr std::chrono::seconds stop_within{10};

caf::expected<child_process> launch(const node_process_start& what) {
  child_start child;
  child.program = what.program;
  child.arguments = what.arguments;
  child.arguments.push_back("--listen");
  child.arguments.push_back(to_string(what.listen));
  child.errors = what.log;
  return child_process::start(child);
}

} // namespace

std::map<std::string, std::string> parse_ready(std::string_view line) {
  std::map<std::string, std::string> words;
  std::istringstream stream{std::string{line}};
  std::string word;
  if (!(stream >> word) || word != "ready")
    return words;
  while (stream >> word)
    if (auto equals = word.find('='); equals != std::string::npos)
      words.emplace(word.substr(0, equals), word.substr(equals + 1));
  return words;
}

caf::expected<node_process> node_process::start(const node_process_start& what) {
  auto began = clock::now();
  auto child = launch(what);
  if (!child)
    return child.error();
  node_process node{what, std::move(*child)};
  if (auto err = node.wait_ready(began))
    return err;
  return node;
}

caf::error node_process::restart() {
  auto began = clock::now();
  auto child = launch(start_);
  if (!child)
    return child.error();
  process_ = std::move(*child);
  return wait_ready(began);
}

caf::error node_process::wait_ready(clock::time_point began) {
  auto line = process_.read_line(ready_within);
  if (!line)
    return line.error();
  start_took_ = clock::now() - began;
  ready_ = *line;
  auto words = parse_ready(ready_);
  auto listening = config::parse_endpoint(words["listen"]);
  if (!listening)
    return make_error(errc::malformed, "no ready line: " + ready_);
  start_.listen = {listening->host, listening->port};
  return {};
}

caf::error node_process::stop() {
  process_.signal(SIGTERM);
  auto status = process_.wait_for(stop_within);
  if (!status)
    return make_error(errc::timed_out, "a node does not end after SIGTERM");
  if (*status != 0)
    return make_error(errc::io_error, "a node ended with status " + std::to_string(*status));
  return {};
}

} // namespace sluice::tools
