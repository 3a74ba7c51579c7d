#pragma once

#include "messages/pending_append.hpp"

#include <functional>
#include <future>
#include <utility>

namespace sluice::detail {

/// How long a blocking caller waits past its own timeout before it stops believing that
/// the node will answer: the disk may be stuck under it.
inline constexpr std::chrono::seconds answer_grace{1};

/// An append whose answer makes a future ready.
class promised_append final : public messages::pending_append {
public:
  using pending_append::pending_append;
  ~promised_append() override { abandon(); }
  std::promise<append_outcome> promise;

private:
  void deliver(append_outcome outcome) override { promise.set_value(std::move(outcome)); }
};

/// An append whose answer is a call.
class called_append final : public messages::pending_append {
public:
  called_append(append request, std::function<void(append_outcome)> done)
    : pending_append(std::move(request)), done_(std::move(done)) {}
  ~called_append() override { abandon(); }

private:
  void deliver(append_outcome outcome) override { done_(std::move(outcome)); }
  std::function<void(append_outcome)> done_;
};

} // namespace sluice::detail
