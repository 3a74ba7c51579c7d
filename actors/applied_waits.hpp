#pragma once

#include "messages/local.hpp"

#include <caf/make_message.hpp>
#include <caf/result.hpp>
#include <caf/typed_response_promise.hpp>

#include <cstddef>
#include <map>

namespace sluice::actors {

/// Who waits until its owner has applied an LSN. The owner says how far it is and fires one
/// timer, for the earliest deadline; while nobody waits there is none. Promises: everyone is
/// answered once, at the latest when it goes.
class applied_waits {
public:
  using promise = caf::typed_response_promise<messages::applied_position>;

  /// Beyond it a caller is `overloaded`.
  static constexpr std::size_t waits_max = 10'000;

  applied_waits() = default;
  applied_waits(const applied_waits&) = delete;
  applied_waits& operator=(const applied_waits&) = delete;
  ~applied_waits();

  bool is_full() const { return by_lsn_.size() >= waits_max; }

  /// @pre not full
  void add(lsn through, replication::monotonic_ns deadline, promise who);

  /// Answers those who wait for nothing past `at`.
  void advance(const bookmark& at);

  /// Answers those whose deadline has passed with how far it is.
  void expire(replication::monotonic_ns now, const bookmark& at);

  /// The end of time when nobody waits.
  replication::monotonic_ns next_deadline() const;

private:
  struct waiting {
    replication::monotonic_ns deadline;
    promise who;
  };

  std::multimap<lsn, waiting> by_lsn_;
  std::multimap<replication::monotonic_ns, std::multimap<lsn, waiting>::iterator> by_deadline_;
};

/// Answers `request` at once, or lets it wait until `waits` is advanced past it.
template <class Self>
caf::result<messages::applied_position>
answer_applied(Self* self, applied_waits& waits, const messages::await_applied& request,
               const bookmark& at, replication::monotonic_ns now) {
  if (at.lsn >= request.lsn || request.wait.count() <= 0)
    return messages::applied_position{at};
  if (waits.is_full())
    return make_error(errc::overloaded, "too many callers wait for a position");
  auto who = self->template make_response_promise<messages::applied_position>();
  waits.add(request.lsn, replication::later(now, request.wait), who);
  return who;
}

} // namespace sluice::actors
