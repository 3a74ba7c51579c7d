#include "actors/front_door.hpp"

#include "actors/context.hpp"
#include "actors/read_requests.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <unordered_map>

namespace sluice::actors {

namespace {

/// An append that came through the door was decided.
struct door_decided {
  std::uint64_t ticket = 0;
  append_outcome outcome;
};

} // namespace

} // namespace sluice::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::door_decided)

namespace sluice::actors {

namespace {

using front_door_actor =
    log_actor::extend<caf::reacts_to<door_decided>, caf::reacts_to<front_door_setup>>;

class door_append final : public messages::carried_append {
public:
  door_append(append request, replication::monotonic_ns deadline,
              std::shared_ptr<messages::append_carrier> carrier, std::uint64_t ticket,
              front_door_actor door)
      : carried_append(std::move(request), deadline, std::move(carrier))
      , ticket_(ticket)
      , door_(std::move(door)) {}
  ~door_append() override { abandon(); }

private:
  messages::append_carrier::answer done() override {
    return [door = door_, ticket = ticket_](append_outcome outcome) {
      caf::anon_send(door, door_decided{ticket, std::move(outcome)});
    };
  }

  std::uint64_t ticket_;
  front_door_actor door_;
};

/// Appends of actors that may be unanswered at once.
constexpr std::size_t appends_max = 100'000;

class front_door_state {
public:
  static constexpr const char* name = "sluice.front_door";
  using self_pointer = front_door_actor::stateful_pointer<front_door_state>;
  using append_promise = caf::typed_response_promise<appended>;

  ~front_door_state() {
    for (auto& [ticket, promise] : waiting_)
      promise.deliver(appended{outcome_unknown{{}, "the node closed"}});
  }

  void init(self_pointer self, front_door_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
  }

  void lead_to(const front_door_setup& now) { setup_ = now; }

  caf::result<appended> take(const append& request) {
    if (waiting_.size() >= appends_max)
      return appended{append_failed{
          errc::overloaded, "too many appends of actors are unanswered; try again later", {}}};
    auto promise = self_->make_response_promise<appended>();
    auto ticket = ++last_ticket_;
    waiting_.emplace(ticket, promise);
    auto deadline = replication::later(now_of(self_), request.options.timeout);
    auto item = std::make_shared<door_append>(request, deadline, setup_->carrier, ticket, self_);
    if (setup_->writer)
      self_->send(setup_->writer, messages::submit_append{std::move(item)});
    else
      item->answer(append_failed{errc::not_primary, "this node is a replica", {}});
    return promise;
  }

  void decide(const door_decided& decided) {
    auto found = waiting_.find(decided.ticket);
    if (found == waiting_.end())
      return;
    found->second.deliver(appended{decided.outcome});
    waiting_.erase(found);
  }

  caf::result<log_records> read(const read_log& request) {
    auto promise = self_->make_response_promise<log_records>();
    ask(request_of(request.after, request.options), promise,
        [](const messages::read_reply& reply) { return log_records{reply.records}; });
    return promise;
  }

  caf::result<lsn_reached> wait(const wait_for_lsn& request) {
    auto promise = self_->make_response_promise<lsn_reached>();
    ask(request_for_position(request.after, request.timeout), promise,
        [](const messages::read_reply& reply) { return lsn_reached{reply.applied.lsn}; });
    return promise;
  }

  caf::result<node_status_report> report() {
    auto promise = self_->make_response_promise<node_status_report>();
    self_->request(setup_->gate, std::chrono::seconds{3}, messages::status_request{})
        .then(
            [promise](const messages::status_reply& reply) mutable {
              promise.deliver(node_status_report{reply.status});
            },
            [promise](const caf::error& why) mutable { promise.deliver(why); });
    return promise;
  }

private:
  /// The gate knows the primary, for who asks for what is not here.
  template <class Promise, class Convert>
  void ask(const messages::read_request& request, Promise promise, Convert convert) {
    auto take = [promise, convert](const messages::read_reply& reply) mutable {
      if (reply.code == errc::ok)
        promise.deliver(convert(reply));
      else
        promise.deliver(make_error(reply.code, reply.reason));
    };
    auto fail = [promise](const caf::error& why) mutable { promise.deliver(why); };
    auto within = wait_of(request) + std::chrono::seconds{35};
    if (request.at.lsn == no_lsn)
      self_->request(setup_->reader, within, request).then(take, fail);
    else
      self_->request(setup_->gate, within, request).then(take, fail);
  }

  self_pointer self_ = nullptr;
  std::optional<front_door_setup> setup_;
  std::unordered_map<std::uint64_t, append_promise> waiting_;
  std::uint64_t last_ticket_ = 0;
};

front_door_actor::behavior_type front_door(front_door_state::self_pointer self,
                                           front_door_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const append& x) { return self->state.take(x); },
      [self](const read_log& x) { return self->state.read(x); },
      [self](const wait_for_lsn& x) { return self->state.wait(x); },
      [self](const get_node_status&) { return self->state.report(); },
      [self](const door_decided& x) { self->state.decide(x); },
      [self](const front_door_setup& x) { self->state.lead_to(x); },
  };
}

} // namespace

void lead_front_door(const log_actor& door, front_door_setup to) {
  caf::anon_send(caf::actor_cast<front_door_actor>(door), std::move(to));
}

log_actor spawn_front_door(caf::actor_system& system, front_door_setup setup) {
  return system.spawn(front_door, std::move(setup));
}

} // namespace sluice::actors
