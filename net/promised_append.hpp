#pragma once

#include "messages/carried_append.hpp"

#include <functional>
#include <utility>

namespace sluice::detail {

/// How long a blocking caller waits past its own timeout before it stops believing that
/// the node will answer: the disk may be stuck under it.
inline constexpr std::chrono::seconds answer_grace{1};

/// An append whose answer is a call.
class called_append final : public messages::pending_append {
public:
  called_append(append request, std::function<void(append_outcome)> done)
      : pending_append(std::move(request)), done_(std::move(done)) {}
  ~called_append() override { abandon(); }

private:
  /// What the call holds is free after it, though the append is used again.
  void deliver(append_outcome outcome) override {
    std::exchange(done_, nullptr)(std::move(outcome));
  }

  std::function<void(append_outcome)> done_;
};

/// The same of a node's own log, which goes on over its changes of role.
class log_append final : public messages::carried_append {
public:
  log_append(append request, replication::monotonic_ns deadline,
             std::shared_ptr<messages::append_carrier> carrier,
             std::function<void(append_outcome)> done)
      : carried_append(std::move(request), deadline, std::move(carrier)), done_(std::move(done)) {}
  ~log_append() override { abandon(); }

  void renew(append request, replication::monotonic_ns deadline,
             std::function<void(append_outcome)> done) {
    carried_append::renew(std::move(request), deadline);
    done_ = std::move(done);
  }

private:
  /// As of `called_append`.
  messages::append_carrier::answer done() override { return std::exchange(done_, nullptr); }

  std::function<void(append_outcome)> done_;
};

} // namespace sluice::detail
