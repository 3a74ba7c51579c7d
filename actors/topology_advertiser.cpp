#include "actors/topology_advertiser.hpp"

#include "replication/topology_route.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace sluice::actors {

namespace {

namespace rules = sluice::replication;

constexpr auto answer_within = std::chrono::seconds{2};

struct subscriber {
  messages::topology_sink_actor sink;
  rules::caller_right right = rules::caller_right::full;
  topology_epoch told;
  rules::monotonic_ns told_at;
  bool has_seen_it = true;
  /// Of those that ever subscribed.
  std::uint64_t number = 0;
};

class advertiser_state {
public:
  static constexpr const char* name = "sluice.topology_advertiser";
  using self_pointer = messages::topology_advertiser_actor::stateful_pointer<advertiser_state>;

  void init(self_pointer self, advertiser_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    book_.emplace(setup_->origin, setup_->limits.rules);
    self->set_down_handler(
        [self](const caf::down_msg& down) { self->state.subscribers_.erase(down.source); });
    self->send(setup_->registry, messages::watch_replicas{self});
    look();
    arm();
  }

  void fire_timer() {
    look();
    drop_silent();
    arm();
  }

  /// What changed meanwhile is asked for again: one answer tells of many changes.
  void ask_for_facts() {
    if (std::exchange(is_asking_, true)) {
      must_ask_again_ = true;
      return;
    }
    self_->request(setup_->registry, answer_within, messages::get_replica_facts{})
        .then([self = self_](
                  const messages::replica_facts_report& x) { self->state.take(x.replicas); },
              [self = self_](const caf::error&) { self->state.answered(); });
  }

  messages::topology_reply told_to(rules::caller_right right) {
    return {true, errc::ok, {}, rules::visible_to(book_->next_snapshot(now_of(self_)), right)};
  }

  void subscribe(const messages::add_topology_subscriber& x) {
    auto sink = caf::actor_cast<messages::topology_sink_actor>(x.who);
    auto known = subscribers_.find(sink.address());
    if (known == subscribers_.end()) {
      if (subscribers_.size() >= setup_->limits.subscribers_max) {
        self_->send(sink, messages::topology_reply{
                              true, errc::overloaded, "too many subscribers; ask again later", {}});
        return;
      }
      self_->monitor(sink);
      subscriber newest{sink, x.right, {}, {}, true, ++subscribed_};
      known = subscribers_.emplace(sink.address(), std::move(newest)).first;
    }
    tell(known->second);
  }

  void note_seen() {
    auto sender = caf::actor_cast<caf::actor_addr>(self_->current_sender());
    auto found = subscribers_.find(sender);
    if (found == subscribers_.end())
      return;
    found->second.has_seen_it = true;
    if (found->second.told < book_->epoch())
      tell(found->second);
  }

  void set_endpoint(const messages::node_published& x) {
    if (book_->set_primary_endpoint(x.endpoint))
      publish();
  }

private:
  void arm() { self_->delayed_send(self_, setup_->limits.look_every, messages::timer_fired{}); }

  void look() {
    ask_for_facts();
    if (std::exchange(is_measuring_, true))
      return;
    self_->request(setup_->writer, answer_within, messages::get_log_positions{})
        .then([self = self_](const messages::log_positions& x) { self->state.take(x); },
              [self = self_](const caf::error&) { self->state.is_measuring_ = false; });
  }

  void take(const messages::log_positions& x) {
    is_measuring_ = false;
    auto records = distance(previous(x.oldest), x.durable);
    book_->note_log({x.durable, x.appended_bytes, records == 0 ? 0 : x.retained_bytes / records},
                    now_of(self_));
  }

  void take(const std::vector<rules::replica_facts>& all) {
    answered();
    if (book_->update(all, now_of(self_)))
      publish();
  }

  void answered() {
    is_asking_ = false;
    if (std::exchange(must_ask_again_, false))
      ask_for_facts();
  }

  void publish() {
    auto told = book_->next_snapshot(now_of(self_));
    log_change(told);
    self_->send(setup_->writer, messages::nodes_seen{rules::nodes_of(told)});
    for (auto* each : in_order())
      if (each->has_seen_it)
        tell(*each);
  }

  /// Who came first is told first: that the same things happen again does not hang on addresses.
  std::vector<subscriber*> in_order() {
    std::vector<subscriber*> result;
    for (auto& [address, each] : subscribers_)
      result.push_back(&each);
    std::sort(result.begin(), result.end(),
              [](const auto* x, const auto* y) { return x->number < y->number; });
    return result;
  }

  void tell(subscriber& x) {
    x.told = book_->epoch();
    x.told_at = now_of(self_);
    x.has_seen_it = false;
    self_->send(x.sink, told_to(x.right));
  }

  void drop_silent() {
    auto now = now_of(self_);
    std::erase_if(subscribers_, [&](const auto& x) {
      auto is_silent = !x.second.has_seen_it
                       && rules::elapsed(x.second.told_at, now) > setup_->limits.seen_within;
      if (is_silent)
        self_->demonitor(x.first);
      return is_silent;
    });
  }

  void log_change(const topology& now_told) {
    auto& log = *setup_->context.log;
    std::map<std::string, bool> healthy;
    for (const auto& x : now_told.replicas) {
      healthy[x.id] = x.healthy;
      auto before = last_logged_.find(x.id);
      if (before == last_logged_.end() || before->second == x.healthy)
        continue;
      log.log(x.healthy ? spdlog::level::info : spdlog::level::warn,
              "replica is {} replica={} term={} flushed_lsn={} lag_seconds={:.1f}",
              x.healthy ? "healthy again" : "not healthy", x.id, now_told.epoch.term.value,
              x.flushed.value, x.lag_seconds);
    }
    last_logged_ = std::move(healthy);
    log.info("topology changed epoch={} replicas={} term={} durable_lsn={}",
             to_string(now_told.epoch), now_told.replicas.size(), now_told.epoch.term.value,
             now_told.durable.value);
  }

  self_pointer self_ = nullptr;
  std::optional<advertiser_setup> setup_;
  std::optional<rules::topology_book> book_;
  std::map<caf::actor_addr, subscriber> subscribers_;
  std::uint64_t subscribed_ = 0;
  /// Who was healthy in the last log line.
  std::map<std::string, bool> last_logged_;
  bool is_asking_ = false;
  bool must_ask_again_ = false;
  bool is_measuring_ = false;
};

messages::topology_advertiser_actor::behavior_type
topology_advertiser(advertiser_state::self_pointer self, advertiser_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::replicas_changed&) { self->state.ask_for_facts(); },
      [self](const messages::get_topology& x) { return self->state.told_to(x.right); },
      [self](const messages::add_topology_subscriber& x) { self->state.subscribe(x); },
      [self](const messages::topology_seen&) { self->state.note_seen(); },
      [self](const messages::node_published& x) { self->state.set_endpoint(x); },
      [self](const messages::timer_fired&) { self->state.fire_timer(); },
  };
}

} // namespace

messages::topology_advertiser_actor spawn_topology_advertiser(caf::actor_system& system,
                                                              advertiser_setup setup) {
  return system.spawn(topology_advertiser, std::move(setup));
}

} // namespace sluice::actors
