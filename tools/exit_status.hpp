#pragma once

#include <sluice/errc.hpp>
#include <sluice/outcome.hpp>

#include <cstdint>
#include <string_view>

namespace sluice::tools {

/// What a command says to its caller; scripts rely on the numbers.
enum class exit_status : std::uint8_t {
  done = 0,
  failed = 1,
  bad_usage = 2,
  outcome_unknown = 3,
  damaged = 4,
  refused = 5,
  unreachable = 6,
};

exit_status exit_status_of(errc code);

/// `done` of what was committed.
exit_status exit_status_of(const append_outcome& outcome);

/// Says on stderr what went wrong, and gives the status that belongs to it.
exit_status complain(const caf::error& why);
exit_status complain(exit_status status, std::string_view why);

} // namespace sluice::tools
