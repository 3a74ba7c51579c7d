#include "test/support/process.hpp"

#include <sluice/errc.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace sluice::testing {

namespace {

template <class T>
T value_or_throw(caf::expected<T> result) {
  if (!result)
    throw std::runtime_error(describe(result.error()));
  return std::move(*result);
}

run_result run_child(const std::filesystem::path& program, const arguments& words,
                     const std::string& input, std::chrono::seconds within) {
  tools::temporary_directory streams;
  tools::child_start start;
  start.program = program;
  start.arguments = words;
  start.input = streams.path() / "in";
  start.output = streams.path() / "out";
  start.errors = streams.path() / "errors";
  write_file(start.input, input);
  auto child = value_or_throw(tools::child_process::start(start));
  auto status = child.wait_for(within);
  run_result result{status.value_or(-1), content_of(start.output), content_of(start.errors)};
  EXPECT_TRUE(status.has_value()) << program << " " << words.front() << " does not end; it said\n"
                                  << result.out << result.errors;
  return result;
}

} // namespace

std::filesystem::path tool() {
  return SLUICE_TOOL;
}

std::vector<std::string> run_result::out_lines() const {
  return lines_of(out);
}

std::vector<std::string> run_result::error_lines() const {
  return lines_of(errors);
}

bool run_result::errors_mention(std::string_view text) const {
  return errors.find(text) != std::string::npos;
}

run_result run(const arguments& words, const std::string& input, std::chrono::seconds within) {
  return run_child(tool(), words, input, within);
}

run_result run_program(const arguments& words) {
  return run_child(words.front(), {std::next(words.begin()), words.end()}, {},
                   std::chrono::seconds{60});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

void write_file(const std::filesystem::path& file, std::string_view content) {
  std::ofstream{file} << content;
}

arguments joined(arguments first, const arguments& rest) {
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

bool comes_true(const std::function<bool()>& is_so) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return true;
}

tools::node_process& node_place::start_primary(const std::string& name, const arguments& options) {
  return start(name, joined({"primary"}, options));
}

tools::node_process& node_place::start_replica(const std::string& name, const std::string& primary,
                                               const arguments& options) {
  return start(name, joined({"replica", "--primary", primary}, options));
}

tools::node_process& node_place::start_primary_at(const node_endpoint& listen,
                                                  const std::string& name) {
  return start(name, {"primary"}, listen);
}

tools::node_process& node_place::start_replica_at(const node_endpoint& listen,
                                                  const std::string& name,
                                                  const std::string& primary) {
  return start(name, {"replica", "--primary", primary}, listen);
}

tools::node_process& node_place::start(const std::string& name, arguments words,
                                       const node_endpoint& listen) {
  tools::node_process_start what;
  what.program = tool();
  what.arguments = joined(std::move(words), {"--name", name, "--data", path(name).string()});
  what.log = path(name + ".log");
  what.listen = listen;
  auto node = tools::node_process::start(what);
  if (!node)
    throw std::runtime_error(name + ": " + describe(node.error()) + "\n" + log_of(name));
  return nodes_.insert_or_assign(name, std::move(*node)).first->second;
}

nlohmann::json node_place::status(const std::string& name) {
  auto said = run({"status", "--of", address(name), "--json"});
  if (said.status != 0)
    throw std::runtime_error("status: " + said.errors);
  return nlohmann::json::parse(said.out);
}

void node_place::start_cluster() {
  start_primary("p1", {"--members", "p1,r1,r2", "--policy", "quorum"});
  start_replica("r1", address("p1"), {"--region", "east"});
  start_replica("r2", address("p1"), {"--region", "west"});
}

void node_place::stop_all() {
  for (auto& [name, node] : nodes_)
    if (auto err = node.stop())
      throw std::runtime_error(name + ": " + describe(err) + "\n" + log_of(name));
}

tools::child_process start_append(const arguments& options, const std::filesystem::path& errors,
                                  const std::filesystem::path& output) {
  tools::child_start start;
  start.program = tool();
  start.arguments = joined({"append"}, options);
  start.output = output;
  start.errors = errors;
  return value_or_throw(tools::child_process::start(start));
}

} // namespace sluice::testing
