#pragma once

#include "messages/pending_append.hpp"
#include "replication/carry_rule.hpp"
#include "replication/monotonic_time.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace sluice::messages {

/// Takes what this node cannot append, for it is not the primary, to the node that is. Thread safe.
class append_carrier {
public:
  using answer = std::function<void(append_outcome)>;

  append_carrier() = default;
  append_carrier(const append_carrier&) = delete;
  append_carrier& operator=(const append_carrier&) = delete;
  virtual ~append_carrier() = default;

  /// Makes `what` elsewhere until `deadline`; `done` is called once. Does not block.
  /// @param earlier what the node that tried first could not tell; none: nothing was written
  /// @returns whether it was taken; `what` and `done` are the caller's still when it was not
  virtual bool carry(append& what, replication::monotonic_ns deadline,
                     const std::optional<outcome_unknown>& earlier, answer& done) = 0;
};

/// An append of the embedder. What its node refuses unwritten because it is the primary no more
/// goes on to the one that is, with what is left of its deadline, and so does a stamped one whose
/// outcome its node cannot tell (`replication/carry_rule`).
///
/// A derived class calls `abandon()` in its destructor.
class carried_append : public pending_append {
public:
  /// @param carrier none: every answer is final
  carried_append(append request, replication::monotonic_ns deadline,
                 std::shared_ptr<append_carrier> carrier)
      : pending_append(std::move(request)), deadline_(deadline), carrier_(std::move(carrier)) {}

  bool keeps_records() const final { return carrier_ && what.options.producer; }

protected:
  /// Who is told; called once for each life of the append.
  virtual append_carrier::answer done() = 0;

  /// Until it is written it stands in this process only.
  void abandon() {
    if (was_written())
      pending_append::abandon();
    else
      answer(append_failed{errc::closed, "the node closed; nothing was written", {}});
  }

  void renew(append request, replication::monotonic_ns deadline) {
    pending_append::renew(std::move(request));
    deadline_ = deadline;
  }

private:
  void deliver(append_outcome outcome) final {
    auto who = done();
    std::optional<outcome_unknown> earlier;
    if (const auto* unknown = std::get_if<outcome_unknown>(&outcome))
      earlier = *unknown;
    auto is_carried = carrier_
                      && replication::may_carry_over(outcome, what.options.producer.has_value())
                      && carrier_->carry(what, deadline_, earlier, who);
    if (!is_carried)
      who(std::move(outcome));
  }

  replication::monotonic_ns deadline_;
  std::shared_ptr<append_carrier> carrier_;
};

} // namespace sluice::messages
