#include "test/support/machine.hpp"

#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <gtest/gtest.h>

#include <cstdlib>

namespace sluice::test {

machine::machine(std::uint64_t seed) : disk(seed), random(seed) {
  EXPECT_FALSE(disk.create_directories(data_directory));
}

actors::node_environment machine::environment() {
  return {&disk, &wall, &random, test_logger(), false, {}};
}

actors::node_context machine::context(const std::string& node) {
  return {&disk, &wall, &random, test_logger(), data_directory, node, false, {}};
}

std::shared_ptr<spdlog::logger> test_logger() {
  static auto logger = [] {
    const auto* wanted = std::getenv("SLUICE_TEST_LOG");
    std::shared_ptr<spdlog::sinks::sink> sink = std::make_shared<spdlog::sinks::null_sink_st>();
    if (wanted != nullptr && wanted[0] == '1')
      sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
    return std::make_shared<spdlog::logger>("sluice.test", sink);
  }();
  return logger;
}

} // namespace sluice::test
