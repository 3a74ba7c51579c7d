#include "net/client_link.hpp"

#include "actors/context.hpp"
#include "actors/node_opening.hpp"
#include "actors/placement.hpp"
#include "net/client_queue.hpp"
#include "net/connect_failure.hpp"
#include "net/middleman_connect.hpp"
#include "net/pending_connect.hpp"
#include "net/stale_connection.hpp"

#include <caf/sec.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <random>

namespace sluice::net {

namespace {

constexpr std::uint64_t watch_timer = 0;
constexpr auto watch_every = std::chrono::milliseconds{50};

/// `host:port` as a `rejected` names it; none when it is not one.
std::optional<node_endpoint> endpoint_in(const std::string& text) {
  auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return std::nullopt;
  node_endpoint result{text.substr(0, colon), 0};
  auto [end, failure] =
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), result.port);
  if (failure != std::errc{} || end != text.data() + text.size() || result.port == 0)
    return std::nullopt;
  return result;
}

bool is_refused_as(errc code, const append_outcome& outcome) {
  const auto* failed = std::get_if<append_failed>(&outcome);
  return failed != nullptr && failed->code == code;
}

/// Whether a node that answers so may take the same append a moment later, or another
/// node may, which who does not follow never asks.
bool is_worth_another_try(const append_outcome& outcome, bool follow) {
  return std::holds_alternative<outcome_unknown>(outcome) || is_refused_as(errc::closed, outcome)
         || is_refused_as(errc::overloaded, outcome) || is_refused_as(errc::not_primary, outcome)
         || (follow && is_refused_as(errc::fenced, outcome));
}

class client_link_state {
public:
  static constexpr const char* name = "sluice.client_link";
  using self_pointer = client_link_actor::stateful_pointer<client_link_state>;

  void init(self_pointer self, client_link_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    hurry();
    next_sequence_ = setup_->first_sequence.value;
    random_.seed(setup_->random_seed);
    trouble_ =
        to_string(endpoint()) + ": " + connect_failure(caf::make_error(caf::sec::request_timeout));
    self->set_down_handler([self](const caf::down_msg& down) { self->state.lost(down); });
    self->set_exit_handler(
        [self](const caf::exit_msg& exit) { self->state.pending_connect_.end(self, exit.reason); });
    self->delayed_send(self, watch_every, messages::timer_fired{watch_timer});
    connect();
  }

  /// Takes what the callers put meanwhile, and sends what the credit allows.
  void flush() {
    auto now = actors::now_of(self_);
    for (auto& item : setup_->flight->take())
      take(std::move(item), now);
    if (now < paused_until_)
      return;
    while (session_ && queue_.has_unsent()) {
      auto out = queue_.take(credit_bytes_, setup_->limits.message_bytes, now);
      if (out.items.empty())
        return;
      self_->send(session_, std::move(out));
    }
  }

  void take(const messages::client_welcome& x) {
    auto session = caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender());
    if (!session || !x.well_formed || session_)
      return;
    session_ = caf::actor_cast<messages::append_sink_actor>(session);
    credit_bytes_ = x.credit_bytes;
    attempt_ = 0;
    trouble_.clear();
    heard();
    self_->monitor(session_);
    flush();
  }

  void take(const messages::rejected& x) {
    if (!x.well_formed)
      return;
    auto primary = endpoint_in(x.primary_endpoint);
    if (x.code == errc::not_primary && setup_->follow && primary)
      follow(*primary);
    else if (x.code == errc::not_primary && !setup_->follow)
      queue_.fail_unsent(x.code, x.reason);
    else if (x.code == errc::newer_protocol || x.code == errc::malformed)
      queue_.fail_unsent(x.code, x.reason);
    setup_->flight->wake();
    give_up(to_string(x.code) + ": " + x.reason);
  }

  void take(const messages::committed_many& x) {
    if (!x.well_formed) {
      give_up("the node's answers could not be understood");
      return;
    }
    heard();
    bool is_deposed = false;
    for (const auto& item : x.items) {
      if (is_worth_another_try(item.outcome, setup_->follow))
        queue_.send_again(item.ticket, item.outcome);
      else
        queue_.answer(item.ticket, item.outcome);
      // To ask again at once would only add to the load.
      if (is_refused_as(errc::overloaded, item.outcome))
        paused_until_ = replication::later(actors::now_of(self_), setup_->limits.overloaded_pause);
      is_deposed |= setup_->follow && is_refused_as(errc::fenced, item.outcome);
    }
    setup_->flight->wake();
    // It takes nothing more; soon it will say who does.
    if (is_deposed && session_)
      give_up(to_string(endpoint()) + ": the node is the primary no more");
    flush();
  }

  void fire_timer(const messages::timer_fired& fired) {
    if (fired.generation != watch_timer) {
      if (fired.generation == retry_generation_)
        connect();
      return;
    }
    if (pending_connect_.is_ending()) {
      self_->delayed_send(self_, watch_every, messages::timer_fired{watch_timer});
      return;
    }
    auto now = actors::now_of(self_);
    queue_.expire(now, setup_->limits.grace, trouble_);
    setup_->flight->wake();
    if (!session_ && gate_
        && replication::elapsed(connecting_since_, now) > setup_->limits.answer_within) {
      shut_connections_to(endpoint());
      give_up(to_string(endpoint()) + ": the node does not answer");
    } else if (session_) {
      if (queue_.has_unsent())
        flush();
      watch_session(now);
    }
    self_->delayed_send(self_, watch_every, messages::timer_fired{watch_timer});
  }

private:
  void take(messages::append_ptr item, replication::monotonic_ns now) {
    auto& options = item->what.options;
    if (!options.producer)
      options.producer = {setup_->producer, producer_sequence{next_sequence_}};
    ++next_sequence_;
    auto deadline = replication::later(now, options.timeout);
    queue_.add(std::move(item), deadline);
  }

  // -- a node that says nothing ----------------------------------------------------------

  void heard() {
    heard_at_ = actors::now_of(self_);
    is_asked_ = false;
  }

  void watch_session(replication::monotonic_ns now) {
    if (queue_.empty())
      return heard();
    auto verdict = replication::judge_silence(replication::elapsed(heard_at_, now),
                                              queue_.in_flight_bytes(), setup_->limits.silence);
    if (verdict == replication::silence_verdict::give_up) {
      shut_connections_to(endpoint());
      give_up(to_string(endpoint()) + ": the node has been silent for too long");
    } else if (verdict == replication::silence_verdict::ask && !is_asked_) {
      ask_whether_it_lives();
    }
  }

  void ask_whether_it_lives() {
    is_asked_ = true;
    // Whoever does not answer is given up by the rule; what comes later is of no use.
    self_->request(gate_, setup_->limits.silence.give_up_after, messages::topology_request{})
        .then(
            [self = self_, attempt = connects_](const messages::topology_reply&) {
              if (attempt == self->state.connects_)
                self->state.heard();
            },
            [](const caf::error&) {});
  }

  const node_endpoint& endpoint() const { return setup_->nodes[turn_ % setup_->nodes.size()]; }

  void connect() {
    connecting_since_ = actors::now_of(self_);
    auto attempt = ++connects_;
    const auto& where = endpoint();
    pending_connect_.begin(where);
    connect_to(
        self_, dialer_, where,
        [self = self_, attempt](const messages::node_gate_actor& gate) {
          self->state.connected(attempt, gate);
        },
        [self = self_, attempt, where](const std::string& reason) {
          if (self->state.pending_connect_.answered(self) && attempt == self->state.connects_)
            self->state.give_up(to_string(where) + ": " + reason);
        });
  }

  void connected(std::uint64_t attempt, const messages::node_gate_actor& gate) {
    if (!pending_connect_.answered(self_) || attempt != connects_)
      return;
    gate_ = gate;
    self_->monitor(gate_);
    self_->send(gate_, messages::client_hello{true, messages::protocol_version, {}});
  }

  void lost(const caf::down_msg& down) {
    if ((session_ && down.source == session_.address())
        || (gate_ && down.source == gate_.address()))
      give_up(to_string(endpoint()) + ": the connection was lost");
  }

  void follow(const node_endpoint& primary) {
    auto known = std::find(setup_->nodes.begin(), setup_->nodes.end(), primary);
    if (known == setup_->nodes.end())
      known = setup_->nodes.insert(setup_->nodes.end(), primary);
    // give_up goes one further.
    turn_ = static_cast<std::size_t>(known - setup_->nodes.begin()) + setup_->nodes.size() - 1;
  }

  /// A primary that goes may have a successor already.
  void hurry() { hurry_until_ = replication::later(actors::now_of(self_), replication::hurry_for); }

  const replication::backoff_limits& backoff() const {
    return actors::now_of(self_) < hurry_until_ ? replication::backoff_in_a_hurry
                                                : setup_->limits.backoff;
  }

  void give_up(std::string reason) {
    if (session_) {
      self_->demonitor(session_.address());
      hurry();
    }
    if (gate_)
      self_->demonitor(gate_.address());
    session_ = nullptr;
    gate_ = nullptr;
    trouble_ = std::move(reason);
    queue_.send_all_again();
    ++connects_;
    ++turn_;
    auto delay = replication::next_delay(++attempt_, random_(), backoff());
    self_->delayed_send(self_, delay, messages::timer_fired{++retry_generation_});
  }

  self_pointer self_ = nullptr;
  std::optional<client_link_setup> setup_;
  client_queue queue_;
  dialer dialer_;
  pending_connect pending_connect_;
  std::mt19937_64 random_;
  std::uint64_t next_sequence_ = 1;
  std::size_t turn_ = 0;
  std::uint32_t attempt_ = 0;
  std::uint64_t connects_ = 0;
  std::uint64_t retry_generation_ = watch_timer;
  messages::node_gate_actor gate_;
  messages::append_sink_actor session_;
  std::uint64_t credit_bytes_ = 0;
  replication::monotonic_ns connecting_since_;
  /// When the node of this session said something last, or owed nothing.
  replication::monotonic_ns heard_at_;
  bool is_asked_ = false;
  replication::monotonic_ns hurry_until_;
  /// The node is overloaded: nothing is sent before.
  replication::monotonic_ns paused_until_;
  /// What is wrong with the link; empty when nothing is.
  std::string trouble_;
};

client_link_actor::behavior_type client_link(client_link_state::self_pointer self,
                                             client_link_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::client_welcome& x) { self->state.take(x); },
      [self](const messages::committed_many& x) { self->state.take(x); },
      [self](const messages::rejected& x) { self->state.take(x); },
      [self](const messages::flush_gathered&) { self->state.flush(); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
  };
}

} // namespace

std::uint64_t random_seed() {
  return actors::system_random_number();
}

std::string producer_of(std::uint64_t number) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text = "client-";
  for (int shift = 60; shift >= 0; shift -= 4)
    text += digits[(number >> shift) & 15];
  return text;
}

client_link_actor spawn_client_link(caf::actor_system& system, client_link_setup setup) {
  auto* network = setup.network;
  return actors::spawn_near_network(system, network, client_link, std::move(setup));
}

} // namespace sluice::net
