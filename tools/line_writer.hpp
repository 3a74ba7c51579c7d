#pragma once

#include "tools/exit_status.hpp"

#include <caf/error.hpp>

#include <string>
#include <string_view>

namespace sluice::tools {

/// Gathers text and writes it to a descriptor when told to, or when there is much of it.
/// Remembers the first failure and writes nothing after it.
class line_writer {
public:
  explicit line_writer(int descriptor) : descriptor_(descriptor) {}

  void add(std::string_view text);
  void flush();

  /// Why it could not write; none while it can. `errc::closed` when the reader has gone away,
  /// which wants no more and no complaint.
  const caf::error& failure() const { return failure_; }

private:
  int descriptor_;
  std::string pending_;
  caf::error failure_;
};

/// Says why `out` could not be written, unless nobody reads it any more. @returns `done` when
/// everything arrived
exit_status complain_of_output(const line_writer& out);

} // namespace sluice::tools
