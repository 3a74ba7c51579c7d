#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sluice::tools {

/// Tells on stderr how far long work is, with rate and the time that is left: a line that is
/// drawn again when stderr is a terminal, a new line every few seconds when it is not.
/// Says nothing of work that is short.
class progress_line {
public:
  /// @param unit what is counted: `segments`
  progress_line(std::string what, std::string unit);
  ~progress_line();

  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  void update(std::uint64_t done, std::uint64_t all);

private:
  using clock = std::chrono::steady_clock;

  std::string what_;
  std::string unit_;
  bool is_terminal_;
  bool is_drawn_ = false;
  clock::time_point began_ = clock::now();
  clock::time_point next_;
};

} // namespace sluice::tools
