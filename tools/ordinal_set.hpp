#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace sluice::tools {

/// Which records of an input something is said of; added in any order, each once.
class ordinal_set {
public:
  void add(std::uint64_t first, std::uint64_t count);

  std::uint64_t size() const { return size_; }

  /// `2, 5-9, 12`; after 20 ranges `and more`.
  std::string text() const;

private:
  /// The last of each run, by its first.
  std::map<std::uint64_t, std::uint64_t> runs_;
  std::uint64_t size_ = 0;
};

} // namespace sluice::tools
