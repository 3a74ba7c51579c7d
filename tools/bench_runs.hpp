#pragma once

#include "tools/bench_load.hpp"
#include "tools/exit_status.hpp"

#include <caf/fwd.hpp>

#include <filesystem>

namespace sluice::tools {

// The benchmarks. Each works in `place`, which is empty, and prints what it measured.

/// A primary in this process, policy local.
exit_status bench_append(caf::actor_system& system, const std::filesystem::path& place,
                         const bench_settings& settings, bool as_json);

/// A primary in this process and two replicas in processes of their own, policy quorum.
exit_status bench_replicate(caf::actor_system& system, const std::filesystem::path& place,
                            const bench_settings& settings, bool as_json);

/// How long a log of `bytes` takes to open: closed cleanly, and after SIGKILL.
exit_status bench_open(caf::actor_system& system, const std::filesystem::path& place,
                       std::uint64_t bytes, std::uint64_t runs, bool as_json);

} // namespace sluice::tools
