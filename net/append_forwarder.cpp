#include "net/append_forwarder.hpp"

#include "actors/context.hpp"
#include "messages/append_inbox.hpp"

#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

#include <atomic>

namespace sluice::net {

struct append_forwarder::under_way {
  std::atomic<std::size_t> appends{0};
  std::atomic<std::uint64_t> bytes{0};
};

class append_forwarder::forwarded_append final : public messages::pending_append {
public:
  forwarded_append(append request, std::optional<outcome_unknown> earlier,
                   messages::append_carrier::answer done, std::shared_ptr<under_way> all)
      : pending_append(std::move(request))
      , earlier_(std::move(earlier))
      , done_(std::move(done))
      , bytes_(messages::cost_of(what))
      , all_(std::move(all)) {
    ++all_->appends;
    all_->bytes += bytes_;
  }

  ~forwarded_append() override { abandon(); }

private:
  /// A refusal says nothing about the first try.
  void deliver(append_outcome outcome) override {
    --all_->appends;
    all_->bytes -= bytes_;
    const auto* failed = std::get_if<append_failed>(&outcome);
    if (earlier_ && failed)
      outcome =
          outcome_unknown{earlier_->records, "an earlier try may have been written; the last "
                                             "one was refused: "
                                                 + to_string(failed->code) + " " + failed->reason};
    done_(std::move(outcome));
  }

  std::optional<outcome_unknown> earlier_;
  messages::append_carrier::answer done_;
  std::uint64_t bytes_;
  std::shared_ptr<under_way> all_;
};

append_forwarder::append_forwarder(caf::actor_system& system, forwarder_limits limits)
    : system_(system), limits_(limits), under_way_(std::make_shared<under_way>()) {}

append_forwarder::~append_forwarder() {
  stop();
}

void append_forwarder::open(const node_endpoint& own) {
  std::lock_guard guard{mutex_};
  is_open_ = true;
  own_ = own;
}

void append_forwarder::rest() {
  std::lock_guard guard{mutex_};
  if (under_way_->appends == 0)
    stop();
}

void append_forwarder::close() {
  // What lies in it is answered by its end: not under the lock, for who is told may append again.
  std::shared_ptr<client_flight> rest;
  std::lock_guard guard{mutex_};
  is_open_ = false;
  rest = flight_;
  stop();
}

void append_forwarder::start() {
  flight_ = std::make_shared<client_flight>(limits_.appends_max);
  client_link_setup setup;
  setup.nodes = {own_};
  setup.random_seed = random_seed();
  setup.producer = producer_of(setup.random_seed);
  setup.flight = flight_;
  setup.network = &system_.middleman().backend();
  link_ = spawn_client_link(system_, std::move(setup));
}

void append_forwarder::stop() {
  if (link_)
    caf::anon_send_exit(link_, caf::exit_reason::user_shutdown);
  link_ = nullptr;
  flight_.reset();
}

bool append_forwarder::carry(append& what, replication::monotonic_ns deadline,
                             const std::optional<outcome_unknown>& earlier, answer& done) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      replication::elapsed(actors::now_of(&system_), deadline));
  if (left.count() <= 0)
    return false;
  std::lock_guard guard{mutex_};
  if (!is_open_ || under_way_->appends >= limits_.appends_max
      || under_way_->bytes >= limits_.bytes_max)
    return false;
  if (!link_)
    start();
  what.options.timeout = left;
  auto item =
      std::make_shared<forwarded_append>(std::move(what), earlier, std::move(done), under_way_);
  if (flight_->put(std::move(item)))
    caf::anon_send(link_, messages::flush_gathered{});
  return true;
}

} // namespace sluice::net
