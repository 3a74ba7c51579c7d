#include "tools/line_writer.hpp"

#include <sluice/errc.hpp>

#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace sluice::tools {

namespace {

constexpr std::size_t pending_bytes_max = 64 * 1024;

} // namespace

void line_writer::add(std::string_view text) {
  pending_ += text;
  if (pending_.size() >= pending_bytes_max)
    flush();
}

void line_writer::flush() {
  std::string_view rest{pending_};
  while (!rest.empty() && !failure_) {
    auto written = ::write(descriptor_, rest.data(), rest.size());
    if (written >= 0)
      rest.remove_prefix(static_cast<std::size_t>(written));
    else if (errno == EPIPE)
      failure_ = make_error(errc::closed, "output: nobody reads it any more");
    else if (errno != EINTR)
      failure_ = make_error(errc::io_error, std::string{"output: "} + std::strerror(errno));
  }
  pending_.clear();
}

exit_status complain_of_output(const line_writer& out) {
  if (!out.failure())
    return exit_status::done;
  return code_of(out.failure()) == errc::closed ? exit_status::failed : complain(out.failure());
}

} // namespace sluice::tools
