#include <sluice/log.hpp>

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

void log::submit(const std::shared_ptr<messages::pending_append>& item) {
  if (core_->closed)
    item->answer(append_failed{errc::closed, "the node is closed", {}});
  else if (!core_->writer)
    item->answer(append_failed{errc::not_primary, "this node is a replica", {}});
  else
    caf::anon_send(core_->writer, messages::submit_append{item});
}

append_outcome log::append_and_wait(append request) {
  auto timeout = request.options.timeout;
  auto item = std::make_shared<detail::promised_append>(std::move(request));
  auto answered = item->promise.get_future();
  submit(item);
  item.reset();
  if (answered.wait_for(timeout + detail::answer_grace) != std::future_status::ready)
    return outcome_unknown{{}, "the node did not answer in time"};
  return answered.get();
}

std::future<append_outcome> log::append_async(append request) {
  auto item = std::make_shared<detail::promised_append>(std::move(request));
  auto answered = item->promise.get_future();
  submit(item);
  return answered;
}

void log::append_then(append request, std::function<void(append_outcome)> done) {
  submit(std::make_shared<detail::called_append>(std::move(request), std::move(done)));
}

caf::expected<std::vector<record>> log::read(lsn after, const read_options& options) {
  if (core_->closed)
    return make_error(errc::closed, "the node is closed");
  messages::read_request request;
  request.after = after;
  request.through = options.through;
  request.records_max = options.records_max;
  request.bytes_max = options.bytes_max;
  request.wait_ms = static_cast<std::uint64_t>(options.wait.count());
  caf::scoped_actor self{*core_->system};
  caf::expected<std::vector<record>> result{std::vector<record>{}};
  self->request(core_->reader, options.wait + std::chrono::seconds{35}, request)
      .receive(
          [&](messages::read_reply& reply) {
            if (reply.code == errc::ok)
              result = std::move(reply.records);
            else
              result = make_error(reply.code, reply.reason);
          },
          [&](const caf::error& why) { result = make_error(errc::closed, describe(why)); });
  return result;
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

caf::expected<node_status> log::status() {
  if (core_->closed)
    return make_error(errc::closed, "the node is closed");
  caf::scoped_actor self{*core_->system};
  caf::expected<node_status> result{node_status{}};
  self->request(core_->gate, std::chrono::seconds{3}, messages::status_request{})
      .receive([&](messages::status_reply& reply) { result = std::move(reply.status); },
               [&](const caf::error& why) { result = make_error(errc::closed, describe(why)); });
  return result;
}

caf::error log::change_slot(slot_change what, const std::string& id) {
  if (core_->closed)
    return make_error(errc::closed, "the node is closed");
  caf::scoped_actor self{*core_->system};
  caf::error result;
  self->request(core_->gate, change_within, net::request_of(what, id))
      .receive([&](const messages::control_reply& reply) { result = net::error_of(reply); },
               [&](const caf::error& why) { result = make_error(errc::closed, describe(why)); });
  return result;
}

} // namespace sluice
