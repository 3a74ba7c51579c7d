#include <sluice/log.hpp>

#include "actors/context.hpp"
#include "actors/read_requests.hpp"
#include "net/log_core.hpp"
#include "net/promised_append.hpp"
#include "net/slot_control.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

namespace sluice {

namespace {

/// The change has to be durable first.
constexpr auto change_within = std::chrono::seconds{35};

} // namespace

log::log(std::shared_ptr<detail::log_core> core) : core_(std::move(core)) {}

void log::submit(std::shared_ptr<messages::pending_append> item) {
  auto node = core_->handles();
  if (!node) {
    item->answer(append_failed{errc::closed, "the node is closed, or changes its role", {}});
    return;
  }
  if (!node->inbox) {
    item->answer(append_failed{errc::not_primary, "this node is a replica", {}});
    return;
  }
  switch (node->inbox->put(item)) {
  case messages::append_inbox::verdict::queued: return;
  case messages::append_inbox::verdict::queued_first:
    caf::anon_send(node->writer, messages::take_inbox{});
    return;
  case messages::append_inbox::verdict::full:
    item->answer(append_failed{
        errc::overloaded, "too many appends wait to be written; try again later", {}});
    return;
  case messages::append_inbox::verdict::closed:
    item->answer(append_failed{errc::closed, "the node is closed, or changes its role", {}});
    return;
  }
}

append_outcome log::append_and_wait(append request) {
  auto timeout = request.options.timeout;
  auto answered = append_async(std::move(request));
  if (answered.wait_for(timeout + detail::answer_grace) != std::future_status::ready)
    return outcome_unknown{{}, "the node did not answer in time"};
  return answered.get();
}

std::future<append_outcome> log::append_async(append request) {
  auto promise = std::make_shared<std::promise<append_outcome>>();
  auto answered = promise->get_future();
  append_then(std::move(request), [promise = std::move(promise)](append_outcome outcome) {
    promise->set_value(std::move(outcome));
  });
  return answered;
}

void log::append_then(append request, std::function<void(append_outcome)> done) {
  // Only such appends are put into the inbox, and so come back out of it.
  auto node = core_->handles();
  auto spare = node && node->inbox ? node->inbox->spare() : nullptr;
  auto deadline = replication::later(actors::now_of(core_->system), request.options.timeout);
  if (!spare) {
    submit(std::make_shared<detail::log_append>(std::move(request), deadline, core_->carrier,
                                                std::move(done)));
    return;
  }
  static_cast<detail::log_append&>(*spare).renew(std::move(request), deadline, std::move(done));
  submit(std::move(spare));
}

namespace {

/// The gate knows the primary, for who asks for what is not here.
caf::expected<messages::read_reply> ask(detail::log_core& core,
                                        const messages::read_request& request) {
  auto node = core.handles();
  if (!node)
    return make_error(errc::closed, "the node is closed");
  caf::scoped_actor self{*core.system};
  caf::expected<messages::read_reply> result{messages::read_reply{}};
  auto within = actors::wait_of(request) + std::chrono::seconds{35};
  auto take = [&](messages::read_reply& reply) {
    if (reply.code == errc::ok)
      result = std::move(reply);
    else
      result = make_error(reply.code, reply.reason);
  };
  auto fail = [&](const caf::error& why) { result = make_error(errc::closed, describe(why)); };
  if (request.at.lsn == no_lsn)
    self->request(node->reader, within, request).receive(take, fail);
  else
    self->request(node->gate, within, request).receive(take, fail);
  return result;
}

} // namespace

caf::expected<std::vector<record>> log::read(lsn after, const read_options& options) {
  auto reply = ask(*core_, actors::request_of(after, options));
  if (!reply)
    return reply.error();
  return std::move(reply->records);
}

caf::expected<lsn> log::wait_for_lsn_after(lsn after, std::chrono::milliseconds timeout) {
  auto reply = ask(*core_, actors::request_for_position(after, timeout));
  if (!reply)
    return reply.error();
  return reply->applied.lsn;
}

caf::expected<lsn> log::follow(lsn after, std::chrono::milliseconds idle,
                               const std::function<bool(const record&)>& each) {
  read_options options;
  options.wait = idle;
  while (true) {
    auto records = read(after, options);
    if (!records)
      return records.error();
    if (records->empty())
      return after;
    for (const auto& entry : *records) {
      after = entry.lsn;
      if (!each(entry))
        return after;
    }
  }
}

caf::error log::set_policy(const commit_policy& policy) {
  auto node = core_->handles();
  if (!node)
    return make_error(errc::closed, "the node is closed");
  caf::scoped_actor self{*core_->system};
  caf::error failure;
  messages::control_request request{true, messages::control_command::set_policy, to_string(policy)};
  self->request(node->gate, std::chrono::seconds{3}, request)
      .receive(
          [&](const messages::control_reply& reply) {
            if (reply.code != errc::ok)
              failure = make_error(reply.code, reply.text);
          },
          [&](const caf::error& why) { failure = make_error(errc::closed, describe(why)); });
  return failure;
}

caf::expected<node_status> log::status() {
  auto node = core_->handles();
  if (!node)
    return make_error(errc::closed, "the node is closed");
  caf::scoped_actor self{*core_->system};
  caf::expected<node_status> result{node_status{}};
  self->request(node->gate, std::chrono::seconds{3}, messages::status_request{})
      .receive([&](messages::status_reply& reply) { result = std::move(reply.status); },
               [&](const caf::error& why) { result = make_error(errc::closed, describe(why)); });
  return result;
}

caf::error log::change_slot(slot_change what, const std::string& id,
                            const slot_limit_overrides& limits) {
  auto node = core_->handles();
  if (!node)
    return make_error(errc::closed, "the node is closed");
  caf::scoped_actor self{*core_->system};
  auto request = net::request_of(what, id, limits);
  if (!request)
    return request.error();
  caf::error result;
  self->request(node->gate, change_within, *request)
      .receive([&](const messages::control_reply& reply) { result = net::error_of(reply); },
               [&](const caf::error& why) { result = make_error(errc::closed, describe(why)); });
  return result;
}

} // namespace sluice
