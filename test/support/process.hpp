#pragma once

#include "tools/child_process.hpp"
#include "tools/node_process.hpp"
#include "tools/temporary_directory.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace sluice::testing {

using arguments = std::vector<std::string>;

/// The tool under test.
std::filesystem::path tool();

/// What a run of the tool said, and how it ended.
struct run_result {
  int status = -1;
  std::string out;
  std::string errors;

  std::vector<std::string> out_lines() const;
  std::vector<std::string> error_lines() const;
  bool errors_mention(std::string_view text) const;
};

/// Runs the tool to its end. Fails the test when it takes longer than `within`.
run_result run(const arguments& words, const std::string& input = {},
               std::chrono::seconds within = std::chrono::seconds{60});

/// Runs a program to its end; `words` begin with its name.
run_result run_program(const arguments& words);

std::vector<std::string> lines_of(const std::string& text);
std::string content_of(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, std::string_view content);

/// `first` and then `rest`.
arguments joined(arguments first, const arguments& rest);

/// Asks again until it is so, for half a minute.
bool comes_true(const std::function<bool()>& is_so);

/// A directory with nodes in it, which end with it.
class node_place {
public:
  std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }

  /// Starts a node named `name` on the directory of that name and waits until it is ready;
  /// throws when it does not get there.
  tools::node_process& start_primary(const std::string& name, const arguments& options = {});
  tools::node_process& start_primary_at(const node_endpoint& listen, const std::string& name);
  tools::node_process& start_replica_at(const node_endpoint& listen, const std::string& name,
                                        const std::string& primary);
  tools::node_process& start_replica(const std::string& name, const std::string& primary,
                                     const arguments& options = {});

  tools::node_process& node(const std::string& name) { return nodes_.at(name); }
  std::string address(const std::string& name) { return to_string(node(name).listening()); }
  nlohmann::json status(const std::string& name);

  /// A primary p1 with members p1, r1, r2 and policy quorum, and both replicas.
  void start_cluster();

  /// SIGTERM to all; throws when one does not end well.
  void stop_all();

  /// What a node said on stderr.
  std::string log_of(const std::string& name) const { return content_of(path(name + ".log")); }

private:
  tools::node_process& start(const std::string& name, arguments words,
                             const node_endpoint& listen = {"127.0.0.1", 0});

  tools::temporary_directory directory_;
  std::map<std::string, tools::node_process> nodes_;
};

/// An append of the tool that runs beside the test.
tools::child_process start_append(const arguments& options, const std::filesystem::path& errors,
                                  const std::filesystem::path& output = {});

} // namespace sluice::testing
