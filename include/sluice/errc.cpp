#include <sluice/errc.hpp>

#include <caf/make_message.hpp>
#include <caf/message.hpp>

namespace sluice {

std::string to_string(errc code) {
  switch (code) {
  case errc::ok: return "ok";
  case errc::invalid_argument: return "invalid_argument";
  case errc::io_error: return "io_error";
  case errc::no_space: return "no_space";
  case errc::corruption: return "corruption";
  case errc::unknown_version: return "unknown_version";
  case errc::wrong_cluster: return "wrong_cluster";
  case errc::wrong_role: return "wrong_role";
  case errc::locked: return "locked";
  case errc::log_failed: return "log_failed";
  case errc::too_large: return "too_large";
  case errc::batch_too_large: return "batch_too_large";
  case errc::overloaded: return "overloaded";
  case errc::below_floor: return "below_floor";
  case errc::insufficient_replicas: return "insufficient_replicas";
  case errc::missing_regions: return "missing_regions";
  case errc::unsupported: return "unsupported";
  case errc::commit_timeout: return "commit_timeout";
  case errc::outcome_unknown: return "outcome_unknown";
  case errc::lsn_mismatch: return "lsn_mismatch";
  case errc::sequence_too_old: return "sequence_too_old";
  case errc::not_primary: return "not_primary";
  case errc::not_confirmed: return "not_confirmed";
  case errc::fenced: return "fenced";
  case errc::diverged: return "diverged";
  case errc::duplicate_identity: return "duplicate_identity";
  case errc::newer_protocol: return "newer_protocol";
  case errc::malformed: return "malformed";
  case errc::pruned: return "pruned";
  case errc::unreachable: return "unreachable";
  case errc::closed: return "closed";
  case errc::bad_actor_system: return "bad_actor_system";
  case errc::timed_out: return "timed_out";
  case errc::sequence_mismatch: return "sequence_mismatch";
  case errc::already_exists: return "already_exists";
  case errc::not_found: return "not_found";
  case errc::slot_invalidated: return "slot_invalidated";
  case errc::in_use: return "in_use";
  case errc::behind_watermark: return "behind_watermark";
  case errc::no_majority: return "no_majority";
  }
  return "errc(" + std::to_string(static_cast<int>(code)) + ")";
}

caf::error make_error(errc code, std::string context) {
  auto number = static_cast<std::uint8_t>(code);
  if (context.empty())
    return caf::error{number, error_category};
  return caf::error{number, error_category, caf::make_message(std::move(context))};
}

errc code_of(const caf::error& err) {
  if (!err || err.category() != error_category)
    return errc::ok;
  return static_cast<errc>(err.code());
}

std::string context_of(const caf::error& err) {
  if (err && err.category() == error_category && err.context().match_elements<std::string>())
    return err.context().get_as<std::string>(0);
  return describe(err);
}

std::string describe(const caf::error& err) {
  if (!err)
    return "ok";
  if (err.category() != error_category)
    return caf::to_string(err);
  auto text = to_string(code_of(err));
  if (err.context().match_elements<std::string>())
    text += ": " + err.context().get_as<std::string>(0);
  return text;
}

} // namespace sluice
