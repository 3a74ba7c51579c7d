#pragma once

#include "tools/record_input.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace sluice::tools {

/// What the demo appends, and where it comes from. Can be read more than once.
struct demo_corpus {
  /// For a person.
  std::string description;
  std::function<caf::expected<std::unique_ptr<record_input>>()> open;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

/// The lines of `file`; or, when it is empty, this machine's package descriptions, or
/// generated records when there are none. Uses files in `scratch`.
caf::expected<demo_corpus> find_corpus(const std::string& file,
                                       const std::filesystem::path& scratch);

} // namespace sluice::tools
