#pragma once

#include "messages/pending_append.hpp"

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

  void renew(append request, std::function<void(append_outcome)> done) {
    pending_append::renew(std::move(request));
    done_ = std::move(done);
  }

private:
  /// What the call holds is free after it, though the append is used again.
  void deliver(append_outcome outcome) override {
    std::exchange(done_, nullptr)(std::move(outcome));
  }

  std::function<void(append_outcome)> done_;
};

} // namespace sluice::detail
