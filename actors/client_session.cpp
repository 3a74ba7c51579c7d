#include "actors/client_session.hpp"

#include "actors/placement.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>

namespace sluice::actors {

namespace {

/// Appends that may be unanswered, whatever their size.
constexpr std::size_t appends_in_flight_max = 16'384;

std::uint64_t payload_bytes(const append& what) {
  std::uint64_t total = 0;
  for (const auto& bytes : what.records)
    total += bytes.size();
  return total;
}

/// Its answer goes back to the session.
class session_append final : public messages::pending_append {
public:
  session_append(messages::ticketed_append request, std::uint64_t bytes,
                 messages::client_session_actor session)
      : pending_append(std::move(request.what))
      , ticket_(request.ticket)
      , bytes_(bytes)
      , session_(std::move(session)) {}

  ~session_append() override { abandon(); }

private:
  void deliver(append_outcome outcome) override {
    caf::anon_send(session_, messages::append_decided{{ticket_, std::move(outcome)}, bytes_});
  }

  std::uint64_t ticket_;
  std::uint64_t bytes_;
  messages::client_session_actor session_;
};

class client_session_state {
public:
  static constexpr const char* name = "sluice.client_session";
  using self_pointer = messages::client_session_actor::stateful_pointer<client_session_state>;

  void init(self_pointer self, client_session_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
    self->monitor(setup_->client);
    self->send(client(), setup_->welcome);
  }

  void take(const messages::append_many& request) {
    if (!request.well_formed) {
      self_->send(
          client(),
          messages::rejected{true, errc::malformed, "an append could not be understood", {}, {}});
      self_->quit();
      return;
    }
    messages::submit_appends out;
    for (const auto& item : request.items) {
      auto bytes = payload_bytes(item.what);
      auto is_over_credit =
          in_flight_bytes_ > 0 && in_flight_bytes_ + bytes > setup_->welcome.credit_bytes;
      if (is_over_credit || in_flight_appends_ >= appends_in_flight_max) {
        decided_.items.push_back({item.ticket, append_failed{errc::overloaded,
                                                             "more in flight than the "
                                                             "session's credit",
                                                             {}}});
        continue;
      }
      in_flight_bytes_ += bytes;
      ++in_flight_appends_;
      out.items.push_back(std::make_shared<session_append>(item, bytes, self_));
    }
    if (!out.items.empty())
      self_->send(setup_->writer, std::move(out));
    if (!decided_.items.empty())
      schedule_flush();
  }

  void take_decision(const messages::append_decided& decided) {
    in_flight_bytes_ -= decided.bytes;
    --in_flight_appends_;
    decided_.items.push_back(decided.decision);
    schedule_flush();
  }

  void flush() {
    flush_scheduled_ = false;
    if (!decided_.items.empty())
      self_->send(client(), std::exchange(decided_, {}));
  }

private:
  messages::remote_client_actor client() const {
    return caf::actor_cast<messages::remote_client_actor>(setup_->client);
  }

  void schedule_flush() {
    if (!std::exchange(flush_scheduled_, true))
      self_->send(self_, messages::flush_gathered{});
  }

  self_pointer self_ = nullptr;
  std::optional<client_session_setup> setup_;
  std::uint64_t in_flight_bytes_ = 0;
  std::size_t in_flight_appends_ = 0;
  messages::committed_many decided_;
  bool flush_scheduled_ = false;
};

messages::client_session_actor::behavior_type
client_session(client_session_state::self_pointer self, client_session_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::append_many& x) { self->state.take(x); },
      [self](const messages::append_decided& x) { self->state.take_decision(x); },
      [self](const messages::flush_gathered&) { self->state.flush(); },
  };
}

} // namespace

messages::client_session_actor spawn_client_session(caf::actor_system& system,
                                                    client_session_setup setup) {
  auto* network = setup.context.network;
  return spawn_near_network(system, network, client_session, std::move(setup));
}

} // namespace sluice::actors
