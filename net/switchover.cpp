#include <sluice/switchover.hpp>

#include "replication/handover_rule.hpp"
#include "replication/switchover_rule.hpp"

#include <sluice/client.hpp>

#include <caf/actor_system.hpp>

#include <algorithm>
#include <thread>
#include <utility>

namespace sluice {

namespace {

using std::chrono::milliseconds;

/// A node that is well answers at once; the primary's own deadlines are longer together.
constexpr milliseconds look_within{1000};
constexpr milliseconds look_every{10};
constexpr milliseconds follow_every{200};
constexpr milliseconds take_over_within{15'000};
constexpr milliseconds lost_after{3000};
constexpr auto promote_again_within = std::chrono::seconds{10};

/// Closer than this it catches up within a moment.
constexpr std::uint64_t close_enough_bytes = 1024 * 1024;

/// The number behind `key=`; 0 when there is none.
std::uint64_t number_in(const std::string& text, const std::string& key) {
  auto at = text.find(" " + key + "=");
  return at == std::string::npos ? 0
                                 : std::strtoull(text.c_str() + at + key.size() + 2, nullptr, 10);
}

class switchover {
public:
  switchover(caf::actor_system& system, const switchover_request& request)
      : system_(system), request_(request), began_(now()), deadline_(began_ + request.within) {}

  caf::expected<switchover_done> run() {
    if (auto err = check_ends())
      return err;
    while (true) {
      if (auto err = wait_until_close())
        return err;
      auto taken = take_over();
      if (taken)
        return finish(*taken);
      auto code = code_of(taken.error());
      // It fell behind again between the look and the pause, or the pause of the last try is not
      // over yet.
      auto is_passing = code == errc::behind_watermark || code == errc::in_use;
      if (is_passing && now() < deadline_) {
        tell(context_of(taken.error()));
        pause(follow_every);
        continue;
      }
      return settle(taken.error());
    }
  }

private:
  using moment = caf::actor_clock::time_point;

  moment now() const { return system_.clock().now(); }
  static void pause(milliseconds how_long) { std::this_thread::sleep_for(how_long); }

  milliseconds since(moment start) const {
    return std::chrono::duration_cast<milliseconds>(now() - start);
  }

  void tell(const std::string& what) {
    if (request_.progress && std::exchange(told_, what) != what)
      request_.progress(what);
  }

  caf::expected<node_status> ask(const node_endpoint& where, milliseconds within) {
    return status_of(system_, where, within);
  }

  // -- before anything is changed --------------------------------------------------------

  caf::error check_ends() {
    if (request_.from == request_.to)
      return make_error(errc::invalid_argument, "both addresses are " + to_string(request_.from));
    auto from = ask(request_.from, answer_timeout);
    if (!from)
      return from.error();
    auto to = ask(request_.to, answer_timeout);
    if (!to)
      return to.error();
    former_ = from->name;
    target_ = to->name;
    has_members_ = !from->members.empty();
    return check_roles(*from, *to);
  }

  static caf::error check_roles(const node_status& from, const node_status& to) {
    if (from.cluster != to.cluster)
      return make_error(errc::wrong_cluster, from.name + " is of cluster " + from.cluster + ", "
                                                 + to.name + " of cluster " + to.cluster);
    if (from.role != "primary" && to.role == "primary")
      return make_error(errc::not_primary,
                        to.name + " is the primary already, of term " + to_string(to.term));
    if (from.role != "primary")
      return make_error(errc::not_primary,
                        from.name + " is a replica; its primary is looked for at " + from.primary
                            + ". Where nobody is the primary, use sluice promote");
    if (to.role == "primary")
      return make_error(errc::not_primary, to.name + " is a primary itself, of term "
                                               + to_string(to.term) + ": a replica can take over");
    if (from.name == to.name)
      return make_error(errc::invalid_argument, "both addresses are those of " + from.name);
    return caf::none;
  }

  /// While writers go on, so that the pause is short.
  caf::error wait_until_close() {
    std::string what_lags;
    do {
      auto from = ask(request_.from, look_within);
      if (!from)
        return from.error();
      if (from->role != "primary")
        return make_error(errc::not_primary, from->name + " is the primary no more");
      what_lags = what_keeps(*from);
      if (what_lags.empty())
        return caf::none;
      tell("waiting: " + what_lags);
      pause(follow_every);
    } while (now() < deadline_);
    return make_error(errc::behind_watermark, what_lags + "; nothing was changed");
  }

  /// Empty for nothing.
  std::string what_keeps(const node_status& from) const {
    if (from.state != "serving")
      return from.name + " is " + from.state + (from.failure.empty() ? "" : ": " + from.failure);
    auto found = std::find_if(from.replicas.begin(), from.replicas.end(),
                              [&](const auto& x) { return x.id == target_; });
    if (found == from.replicas.end() || !found->connected)
      return target_ + " is not connected to " + from.name;
    if (found->lag_bytes > close_enough_bytes)
      return target_ + " is " + std::to_string(found->lag_records) + " records, "
             + std::to_string(found->lag_bytes) + " bytes behind";
    return {};
  }

  // -- handing over ----------------------------------------------------------------------

  caf::expected<std::string> take_over() {
    tell(former_ + " hands over to " + target_);
    began_ = now();
    return sluice::take_over(system_, request_.to, former_, take_over_within);
  }

  caf::expected<switchover_done> finish(const std::string& said) {
    auto taken_at = now();
    tell(target_ + " is the primary, waiting until it takes appends");
    auto end = std::max(deadline_, taken_at + look_within);
    while (now() < end) {
      auto to = ask(request_.to, look_within);
      if (to && to->role == "primary" && to->state == "serving")
        return switchover_done{target_, request_.to, to->term, lsn{number_in(said, "fork_lsn")},
                               milliseconds{number_in(said, "paused_ms")} + since(taken_at)};
      if (to)
        tell(target_ + " is " + to->state + (to->failure.empty() ? "" : ": " + to->failure));
      pause(look_every);
    }
    return make_error(errc::timed_out, target_
                                           + " is the primary but does not take appends yet: "
                                             "look at its status");
  }

  // -- when it went wrong ----------------------------------------------------------------

  static replication::switchover_end end_of(const caf::expected<node_status>& seen) {
    if (!seen)
      return {};
    return {true, seen->role == "primary", seen->state == "serving"};
  }

  /// An answer that is missing may still come true until the pause is over.
  bool is_pause_over(errc why) const {
    constexpr replication::handover_limits limits;
    auto longest = limits.catch_up_within + limits.commits_within + limits.grant_within;
    return why != errc::unreachable || since(broke_at_) > longest;
  }

  caf::expected<switchover_done> settle(const caf::error& why) {
    broke_at_ = now();
    auto target_seen_at = broke_at_;
    auto end = std::max(deadline_, broke_at_ + promote_again_within);
    while (now() < end) {
      auto former = ask(request_.from, look_within);
      auto target = ask(request_.to, look_within);
      if (target)
        target_seen_at = now();
      auto is_lost = since(target_seen_at) > lost_after;
      switch (replication::settle_switchover(
          {end_of(former), end_of(target), has_members_, is_pause_over(code_of(why)), is_lost})) {
      case replication::switchover_step::wait:
        tell("looking who is the primary: " + describe(why));
        pause(follow_every);
        break;
      case replication::switchover_step::done: return finish({});
      case replication::switchover_step::unchanged:
        return make_error(is_refusal(why) ? code_of(why) : errc::timed_out,
                          context_of(why) + "; " + former_ + " is the primary as before");
      case replication::switchover_step::promote_target: promote_again(request_.to, target_); break;
      case replication::switchover_step::promote_former:
        promote_again(request_.from, former_);
        break;
      }
    }
    return make_error(errc::timed_out, context_of(why) + "; " + what_to_do());
  }

  static bool is_refusal(const caf::error& why) { return code_of(why) != errc::unreachable; }

  void promote_again(const node_endpoint& where, const std::string& name) {
    tell(former_ + " has stopped and nobody is the primary: promoting " + name);
    auto done = promote(system_, where, {}, promote_again_within);
    if (!done)
      tell("promoting " + name + ": " + describe(done.error()));
    pause(follow_every);
  }

  std::string what_to_do() const {
    return "who is the primary is not known. Look with sluice status at " + former_ + " and "
           + target_
           + " and start the one that is down; where both are replicas, use sluice "
             "promote --node "
           + to_string(request_.to)
           + (has_members_ ? ""
                           : ". Promote " + former_ + " only if " + target_
                                 + " is lost for good: it may have begun to serve");
  }

  caf::actor_system& system_;
  const switchover_request& request_;
  moment began_;
  moment deadline_;
  moment broke_at_;
  std::string former_;
  std::string target_;
  bool has_members_ = false;
  std::string told_;
};

} // namespace

caf::expected<switchover_done> switch_over(caf::actor_system& system,
                                           const switchover_request& request) {
  return switchover{system, request}.run();
}

} // namespace sluice
