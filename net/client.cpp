#include <sluice/client.hpp>

#include "actors/read_requests.hpp"
#include "config/defaults.hpp"
#include "net/client_flight.hpp"
#include "net/client_link.hpp"
#include "net/connect_failure.hpp"
#include "net/promised_append.hpp"
#include "net/slot_control.hpp"
#include "net/stale_connection.hpp"

#include <sluice/configure.hpp>
#include <sluice/topology_client.hpp>

#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/middleman_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <future>
#include <optional>
#include <set>
#include <utility>

namespace sluice {

namespace detail {

class client_core {
public:
  explicit client_core(std::size_t in_flight_max)
      : flight(std::make_shared<net::client_flight>(in_flight_max)) {}
  ~client_core() { caf::anon_send_exit(link, caf::exit_reason::user_shutdown); }

  net::client_link_actor link;
  /// Shared with the link and the answers, which may outlive the client.
  std::shared_ptr<net::client_flight> flight;
};

} // namespace detail

namespace {

caf::error check(const client_config& settings) {
  if (settings.nodes.empty())
    return make_error(errc::invalid_argument, "a client needs the address of a node");
  if (!settings.producer.empty() && !is_valid_name(settings.producer))
    return make_error(errc::invalid_argument,
                      "'" + settings.producer + "' is no producer id: use [A-Za-z0-9._-]{1,64}");
  if (settings.in_flight_max == 0
      || settings.in_flight_max > config::defaults::in_flight_appends_max)
    return make_error(errc::invalid_argument,
                      "in flight must be between 1 and "
                          + std::to_string(config::defaults::in_flight_appends_max));
  return caf::none;
}

/// A node takes no more in one append, and would not even understand a message that holds it.
std::optional<append_failed> refuse_oversized(const append& request) {
  constexpr append_limits limits;
  if (request.records.size() > limits.records_max)
    return append_failed{errc::batch_too_large,
                         std::to_string(request.records.size()) + " records, the limit is "
                             + std::to_string(limits.records_max),
                         {}};
  std::uint64_t bytes = 0;
  for (const auto& record : request.records)
    bytes += record.size();
  if (bytes > limits.bytes_max)
    return append_failed{errc::too_large,
                         std::to_string(bytes) + " bytes, the limit is "
                             + std::to_string(limits.bytes_max),
                         {}};
  return std::nullopt;
}

/// The gate that is published at `where`; blocks.
caf::expected<messages::node_gate_actor>
find_gate(caf::scoped_actor& self, const node_endpoint& where, std::chrono::milliseconds within) {
  caf::expected<messages::node_gate_actor> result{messages::node_gate_actor{}};
  self->request(self->system().middleman().actor_handle(), within, caf::connect_atom_v, where.host,
                where.port)
      .receive(
          [&](const caf::node_id&, const caf::strong_actor_ptr& gate,
              const std::set<std::string>&) {
            if (gate)
              result = caf::actor_cast<messages::node_gate_actor>(gate);
            else
              result =
                  make_error(errc::unreachable, to_string(where) + ": no node is published there");
          },
          [&](const caf::error& why) {
            result =
                make_error(errc::unreachable, to_string(where) + ": " + net::connect_failure(why));
          });
  return result;
}

template <class Reply>
using reply_promise = std::promise<caf::expected<Reply>>;

/// Asks `gate` once. A link that breaks ends the wait: CAF itself lets a request that was
/// sent wait on to its timeout.
template <class Reply, class Request>
caf::behavior asker(caf::event_based_actor* self, const messages::node_gate_actor& gate,
                    const Request& request, std::chrono::milliseconds within,
                    const std::shared_ptr<reply_promise<Reply>>& promise) {
  auto answer = [self, promise, is_answered = std::make_shared<bool>(false)](auto&& what) {
    if (!std::exchange(*is_answered, true))
      promise->set_value(std::forward<decltype(what)>(what));
    self->quit();
  };
  self->set_down_handler(
      [answer](caf::down_msg&) { answer(make_error(errc::unreachable, "the connection broke")); });
  self->monitor(gate);
  self->request(gate, within, request)
      .then([answer](Reply& reply) { answer(std::move(reply)); },
            [answer](caf::error& why) { answer(std::move(why)); });
  return {};
}

/// Asks the gate that is published at `where`. Blocks, at most `within`, and `wait` for
/// what the node itself is asked to wait.
template <class Reply, class Request>
caf::expected<Reply> ask_gate(caf::actor_system& system, const node_endpoint& where,
                              const Request& request, std::chrono::milliseconds within,
                              std::chrono::milliseconds wait = {}) {
  caf::scoped_actor self{system};
  auto began = system.clock().now();
  auto gate = find_gate(self, where, within);
  if (!gate)
    return gate.error();
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(system.clock().now() - began);
  auto left = std::max(within - took, std::chrono::milliseconds{1}) + wait;
  auto promise = std::make_shared<reply_promise<Reply>>();
  auto answered = promise->get_future();
  system.spawn(asker<Reply, Request>, *gate, request, left, std::move(promise));
  auto reply = answered.get();
  if (reply)
    return reply;
  // The next try must not meet the same dead connection.
  net::shut_connections_to(where);
  const auto& why = reply.error();
  return make_error(
      errc::unreachable,
      to_string(where) + ": "
          + (code_of(why) == errc::unreachable ? context_of(why) : net::connect_failure(why)));
}

} // namespace

client::client(std::shared_ptr<detail::client_core> core) : core_(std::move(core)) {}
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

caf::expected<client> client::open(caf::actor_system& system, client_config config) {
  if (auto err = check_actor_system(system))
    return err;
  if (auto err = check(config))
    return err;
  auto seed = net::random_seed();
  auto core = std::make_shared<detail::client_core>(config.in_flight_max);
  net::client_link_setup setup;
  setup.nodes = std::move(config.nodes);
  setup.producer = config.producer.empty() ? net::producer_of(seed) : config.producer;
  setup.first_sequence = config.first_sequence;
  setup.follow = config.follow;
  setup.random_seed = seed;
  setup.flight = core->flight;
  setup.network = &system.middleman().backend();
  core->link = net::spawn_client_link(system, std::move(setup));
  return client{std::move(core)};
}

append_outcome client::append_and_wait(append request) {
  auto timeout = request.options.timeout;
  std::promise<append_outcome> promise;
  auto answered = promise.get_future();
  auto shared = std::make_shared<std::promise<append_outcome>>(std::move(promise));
  append_then(std::move(request),
              [shared](append_outcome outcome) { shared->set_value(std::move(outcome)); });
  if (answered.wait_for(timeout + 2 * detail::answer_grace) != std::future_status::ready)
    return outcome_unknown{{}, "the client did not answer in time"};
  return answered.get();
}

void client::append_then(append request, std::function<void(append_outcome)> done) {
  if (auto refused = refuse_oversized(request))
    return done(std::move(*refused));
  core_->flight->enter();
  auto leave = [flight = core_->flight, done = std::move(done)](append_outcome outcome) {
    done(std::move(outcome));
    flight->leave();
  };
  auto item = std::make_shared<detail::called_append>(std::move(request), std::move(leave));
  if (core_->flight->put(std::move(item)))
    caf::anon_send(core_->link, messages::flush_gathered{});
}

void client::drain() {
  core_->flight->drain();
}

namespace {

caf::expected<messages::read_reply> ask_for_records(caf::actor_system& system,
                                                    const node_endpoint& where,
                                                    const messages::read_request& request,
                                                    std::chrono::milliseconds within) {
  auto reply =
      ask_gate<messages::read_reply>(system, where, request, within, actors::wait_of(request));
  if (reply && reply->code != errc::ok)
    return make_error(reply->code, reply->reason);
  return reply;
}

} // namespace

caf::expected<std::vector<record>> read_from(caf::actor_system& system, const node_endpoint& where,
                                             lsn after, const read_options& options,
                                             std::chrono::milliseconds within) {
  auto reply = ask_for_records(system, where, actors::request_of(after, options), within);
  if (!reply)
    return reply.error();
  return std::move(reply->records);
}

caf::expected<lsn> wait_for_lsn_after(caf::actor_system& system, const node_endpoint& where,
                                      lsn after, std::chrono::milliseconds timeout,
                                      std::chrono::milliseconds within) {
  auto reply = ask_for_records(system, where, actors::request_for_position(after, timeout), within);
  if (!reply)
    return reply.error();
  return reply->applied.lsn;
}

caf::expected<node_status> status_of(caf::actor_system& system, const node_endpoint& where,
                                     std::chrono::milliseconds within) {
  auto reply = ask_gate<messages::status_reply>(system, where, messages::status_request{}, within);
  if (!reply)
    return reply.error();
  return std::move(reply->status);
}

caf::expected<topology> topology_of(caf::actor_system& system, const node_endpoint& where,
                                    std::chrono::milliseconds within) {
  auto reply =
      ask_gate<messages::topology_reply>(system, where, messages::topology_request{}, within);
  if (!reply)
    return reply.error();
  if (!reply->well_formed)
    return make_error(errc::malformed, to_string(where) + ": the answer could not be understood");
  if (reply->topology.cluster.empty())
    return make_error(reply->code == errc::ok ? errc::malformed : reply->code,
                      to_string(where) + ": " + reply->reason);
  return std::move(reply->topology);
}

caf::error change_slot(caf::actor_system& system, const node_endpoint& where, slot_change what,
                       const std::string& id, std::chrono::milliseconds within,
                       const slot_limit_overrides& limits) {
  auto request = net::request_of(what, id, limits);
  if (!request)
    return request.error();
  auto reply = ask_gate<messages::control_reply>(system, where, *request, within);
  return reply ? net::error_of(*reply) : reply.error();
}

caf::expected<std::string> promote(caf::actor_system& system, const node_endpoint& where,
                                   const promotion_request& request,
                                   std::chrono::milliseconds within) {
  auto command = request.is_plan     ? messages::control_command::plan_promotion
                 : request.is_forced ? messages::control_command::promote_forced
                                     : messages::control_command::promote;
  auto reply = ask_gate<messages::control_reply>(
      system, where, messages::control_request{true, command, to_string(request.required)}, within);
  if (!reply)
    return reply.error();
  if (reply->code != errc::ok)
    return make_error(reply->code, reply->text);
  return std::move(reply->text);
}

caf::expected<std::string> take_over(caf::actor_system& system, const node_endpoint& where,
                                     const std::string& from, std::chrono::milliseconds within) {
  auto reply = ask_gate<messages::control_reply>(
      system, where, messages::control_request{true, messages::control_command::take_over, from},
      within);
  if (!reply)
    return reply.error();
  if (reply->code != errc::ok)
    return make_error(reply->code, reply->text);
  return std::move(reply->text);
}

caf::error set_policy(caf::actor_system& system, const node_endpoint& where,
                      const commit_policy& policy, std::chrono::milliseconds within) {
  messages::control_request request{true, messages::control_command::set_policy, to_string(policy)};
  auto reply = ask_gate<messages::control_reply>(system, where, request, within);
  if (!reply)
    return reply.error();
  return reply->code == errc::ok ? caf::error{} : make_error(reply->code, reply->text);
}

} // namespace sluice
