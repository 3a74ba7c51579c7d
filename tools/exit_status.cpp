#include "tools/exit_status.hpp"

#include <array>
#include <cstdio>
#include <string>

namespace sluice::tools {

namespace {

struct status_entry {
  errc code;
  exit_status status;
};

/// Every code that is not a plain failure.
constexpr std::array statuses{
    status_entry{errc::ok, exit_status::done},
    status_entry{errc::invalid_argument, exit_status::bad_usage},
    status_entry{errc::unsupported, exit_status::bad_usage},
    status_entry{errc::commit_timeout, exit_status::outcome_unknown},
    status_entry{errc::outcome_unknown, exit_status::outcome_unknown},
    status_entry{errc::corruption, exit_status::damaged},
    status_entry{errc::unknown_version, exit_status::damaged},
    status_entry{errc::wrong_cluster, exit_status::refused},
    status_entry{errc::wrong_role, exit_status::refused},
    status_entry{errc::below_floor, exit_status::refused},
    status_entry{errc::not_primary, exit_status::refused},
    status_entry{errc::not_confirmed, exit_status::refused},
    status_entry{errc::fenced, exit_status::refused},
    status_entry{errc::behind_watermark, exit_status::refused},
    status_entry{errc::no_majority, exit_status::refused},
    status_entry{errc::unreachable, exit_status::unreachable},
};

struct outcome_status {
  exit_status operator()(const committed&) const { return exit_status::done; }
  exit_status operator()(const commit_timeout&) const { return exit_status::outcome_unknown; }
  exit_status operator()(const sluice::outcome_unknown&) const {
    return exit_status::outcome_unknown;
  }
  exit_status operator()(const append_failed& x) const { return exit_status_of(x.code); }
};

} // namespace

exit_status exit_status_of(errc code) {
  for (const auto& entry : statuses)
    if (entry.code == code)
      return entry.status;
  return exit_status::failed;
}

exit_status exit_status_of(const append_outcome& outcome) {
  return std::visit(outcome_status{}, outcome);
}

exit_status complain(const caf::error& why) {
  auto code = code_of(why);
  // Bad usage needs no name beside the words.
  if (code == errc::invalid_argument)
    return complain(exit_status::bad_usage, context_of(why));
  return complain(code == errc::ok ? exit_status::failed : exit_status_of(code), describe(why));
}

exit_status complain(exit_status status, std::string_view why) {
  auto line = "sluice: " + std::string{why} + "\n";
  std::fputs(line.c_str(), stderr);
  return status;
}

} // namespace sluice::tools
