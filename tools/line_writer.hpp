#pragma once

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

  /// Why it could not write; none while it can.
  const caf::error& failure() const { return failure_; }

private:
  int descriptor_;
  std::string pending_;
  caf::error failure_;
};

} // namespace sluice::tools
