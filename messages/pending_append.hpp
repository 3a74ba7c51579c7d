#pragma once

#include <sluice/append.hpp>
#include <sluice/outcome.hpp>

#include <memory>
#include <utility>

namespace sluice::messages {

/// An append on its way through the node, together with the one who waits for it. It is
/// answered exactly once: by whoever decides it, or, when the last actor that held it is
/// gone, as `outcome_unknown`. Handed from actor to actor; only its holder touches it.
///
/// A derived class says where the answer goes and calls `abandon()` in its destructor.
class pending_append {
public:
  explicit pending_append(append request) : what(std::move(request)) {}
  pending_append(const pending_append&) = delete;
  pending_append& operator=(const pending_append&) = delete;
  virtual ~pending_append() = default;

  /// Delivers `outcome`; every later call is ignored.
  void answer(append_outcome outcome) {
    if (!std::exchange(answered_, true))
      deliver(std::move(outcome));
  }

  /// Where its records stand once they have been written; tells an abandoned append apart
  /// from one that was never written.
  void written_at(lsn_range range) { written_ = range; }

  /// Whether it may have to be made once more elsewhere after it was written: whoever writes
  /// it leaves its records where they are.
  virtual bool keeps_records() const { return false; }

  append what;

protected:
  bool was_written() const { return written_.first != no_lsn; }

  /// Called once, on the thread of the holder that answered. Must not block or throw.
  virtual void deliver(append_outcome outcome) = 0;

  void abandon() {
    answer(outcome_unknown{written_, "the node closed before the append was decided"});
  }

  /// Makes another append of one that has been answered, so that its memory is used again.
  /// @pre nobody else holds it
  void renew(append request) {
    what = std::move(request);
    answered_ = false;
    written_ = {};
  }

private:
  bool answered_ = false;
  lsn_range written_;
};

using append_ptr = std::shared_ptr<pending_append>;

} // namespace sluice::messages
