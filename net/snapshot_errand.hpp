#pragma once

#include "net/middleman_connect.hpp"
#include "net/stale_connection.hpp"

#include <sluice/errc.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace sluice::net {

/// A replica's link has a snapshot fetched: from the node that it was told to ask first, or from
/// the primary when there is none, or when that one had none the last time.
class snapshot_errand {
public:
  snapshot_errand() = default;
  snapshot_errand(messages::snapshot_receiver_actor receiver, std::optional<node_endpoint> first)
      : receiver_(std::move(receiver)), first_(std::move(first)) {}

  bool is_possible() const { return static_cast<bool>(receiver_); }
  const std::optional<snapshot_progress>& progress() const { return progress_; }

  /// `done(log_restarted)` is called once, later, by the actor.
  template <class Self, class Done>
  void run(Self* self, const messages::snapshot_needed& told,
           const messages::node_gate_actor& primary, Done done) {
    if (!first_ || std::exchange(is_first_passed_over_, false))
      return fetch(self, told, primary, done);
    is_connecting_ = true;
    connect_to(
        self, dialer_, *first_,
        [this, self, told, done](const messages::node_gate_actor& gate) {
          is_connecting_ = false;
          fetch(self, told, gate, [this, done](const messages::log_restarted& x) {
            is_first_passed_over_ = x.code != errc::ok;
            done(x);
          });
        },
        [this, self, told, primary, done](const std::string&) {
          is_connecting_ = false;
          fetch(self, told, primary, done);
        });
  }

  /// The primary streams: what was staged is of no use.
  template <class Self>
  void forget(Self* self) {
    if (receiver_)
      self->send(receiver_, messages::forget_snapshot{});
  }

  /// True when more of it has come than in all earlier attempts.
  bool note(const messages::snapshot_progressed& x) {
    progress_ = x.progress;
    if (!progress_ || progress_->at == no_lsn)
      return false;
    if (progress_->at != came_of_) {
      came_of_ = progress_->at;
      came_bytes_ = 0;
    }
    return progress_->bytes > std::exchange(came_bytes_, std::max(came_bytes_, progress_->bytes));
  }

  /// The link ends: CAF must not wait for a peer that never answers.
  void end() const {
    if (is_connecting_)
      shut_connections_to(*first_);
  }

private:
  template <class Self, class Done>
  void fetch(Self* self, const messages::snapshot_needed& told,
             const messages::node_gate_actor& gate, Done done) {
    self->request(
            receiver_, caf::infinite,
            messages::fetch_snapshot{told, caf::actor_cast<messages::snapshot_gate_actor>(gate)})
        .then([done](const messages::log_restarted& x) { done(x); },
              [done](const caf::error& why) {
                done(messages::log_restarted{errc::closed, describe(why)});
              });
  }

  messages::snapshot_receiver_actor receiver_;
  std::optional<node_endpoint> first_;
  dialer dialer_;
  std::optional<snapshot_progress> progress_;
  /// The most that was there of the snapshot at that LSN.
  lsn came_of_;
  std::uint64_t came_bytes_ = 0;
  bool is_first_passed_over_ = false;
  bool is_connecting_ = false;
};

} // namespace sluice::net
