#pragma once

#include "actors/context.hpp"
#include "actors/node_opening.hpp"
#include "test/support/memory_vfs.hpp"

#include <chrono>
#include <cstdint>

namespace sluice::test {

inline const std::filesystem::path data_directory = "/data";

/// Says the same time until it is set to another, so that every run writes the same bytes.
class fixed_wall_clock final : public persistence::wall_clock {
public:
  timestamp_ms now() override { return now_; }
  void step(std::chrono::milliseconds by) {
    now_ = timestamp_ms{now_.value + static_cast<std::uint64_t>(by.count())};
  }

private:
  timestamp_ms now_{1'700'000'000'000};
};

/// Salts and ids that follow from the seed.
class seeded_random final : public persistence::random_source {
public:
  explicit seeded_random(std::uint64_t seed) : random_(seed) {}
  std::uint64_t next() override { return random_(); }

private:
  std::mt19937_64 random_;
};

/// What a node runs on: a disk that can fail and lose power, a clock, chance. It outlives
/// the node and keeps its disk from one life of it to the next.
class machine {
public:
  explicit machine(std::uint64_t seed = 1);

  actors::node_environment environment();
  /// What the actors of a node named `node` are given.
  actors::node_context context(const std::string& node);

  memory_vfs disk;
  fixed_wall_clock wall;
  seeded_random random;
};

/// Where nodes under test log: nowhere, or to the terminal under SLUICE_TEST_LOG=1.
std::shared_ptr<spdlog::logger> test_logger();

} // namespace sluice::test
