#include "tools/progress_line.hpp"

#include <cstdio>
#include <utility>

#include <unistd.h>

namespace sluice::tools {

namespace {

constexpr std::chrono::milliseconds redraw_every{100};
constexpr std::chrono::milliseconds line_every{3000};

} // namespace

progress_line::progress_line(std::string what, std::string unit)
    : what_(std::move(what))
    , unit_(std::move(unit))
    , is_terminal_(isatty(STDERR_FILENO) != 0)
    , next_(began_ + (is_terminal_ ? redraw_every : line_every)) {}

progress_line::~progress_line() {
  if (is_drawn_ && is_terminal_)
    std::fputs("\r\x1b[K", stderr);
}

void progress_line::update(std::uint64_t done, std::uint64_t all) {
  auto now = clock::now();
  if (now < next_ || all == 0)
    return;
  next_ = now + (is_terminal_ ? redraw_every : line_every);
  auto seconds = std::chrono::duration<double>(now - began_).count();
  auto rate = static_cast<double>(done) / seconds;
  auto left = rate > 0 && all > done ? static_cast<double>(all - done) / rate : 0;
  std::fprintf(stderr, "%s%s %3.0f%%  %llu of %llu %s  %.0f/s  %.0f s left%s",
               is_terminal_ ? "\r" : "", what_.c_str(),
               100 * static_cast<double>(done) / static_cast<double>(all),
               static_cast<unsigned long long>(done), static_cast<unsigned long long>(all),
               unit_.c_str(), rate, left, is_terminal_ ? "\x1b[K" : "\n");
  std::fflush(stderr);
  is_drawn_ = true;
}

} // namespace sluice::tools
