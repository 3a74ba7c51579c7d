#pragma once

#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sluice::testing {

/// Each file of a log, by its place.
inline std::map<std::string, std::string> bytes_of(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{directory})
    if (entry.is_regular_file())
      files[std::filesystem::relative(entry.path(), directory).string()] = content_of(entry.path());
  return files;
}

/// Nodes that an operator promotes.
struct promotion_fixture : ::testing::Test {
  node_place place;

  /// Null while a node changes its role: nobody answers at its port.
  nlohmann::json seen_of(const std::string& name) {
    auto asked = run({"status", "--of", place.address(name), "--json"});
    return asked.status == 0 ? nlohmann::json::parse(asked.out) : nlohmann::json::object();
  }

  bool is_serving(const std::string& name) {
    auto seen = seen_of(name);
    return seen["role"] == "primary" && seen["state"] == "serving";
  }

  bool serves(const std::string& name) {
    return comes_true([&] { return is_serving(name); });
  }

  bool follows(const std::string& name, std::uint64_t through) {
    return comes_true([&] {
      auto seen = seen_of(name);
      return seen["role"] == "replica" && seen["state"] == "serving"
             && seen["durable_lsn"] == through;
    });
  }

  int promote(const std::string& name, const arguments& more = {}) {
    return run(joined({"promote", "--node", place.address(name)}, more)).status;
  }

  void append(const std::string& to, const std::string& count) {
    auto done = run({"append", "--to", place.address(to), "--size", "100", "--count", count,
                     "--timeout", "20s"});
    ASSERT_EQ(done.status, 0) << done.errors;
  }

  /// What a node holds once nothing changes there any more.
  std::map<std::string, std::string> settled_bytes_of(const std::string& name) {
    auto bytes = bytes_of(place.path(name));
    comes_true([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds{300});
      return std::exchange(bytes, bytes_of(place.path(name))) == bytes;
    });
    return bytes;
  }

  void expect_same_logs(const std::vector<std::string>& names) {
    place.stop_all();
    for (const auto& name : names)
      EXPECT_EQ(run({"verify", place.path(names.front()).string(), "--against",
                     place.path(name).string()})
                    .status,
                0);
  }
};

} // namespace sluice::testing
