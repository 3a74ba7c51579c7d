#include "net/node_life.hpp"

#include "actors/placement.hpp"
#include "actors/role_on_disk.hpp"
#include "config/endpoint.hpp"
#include "net/promoter.hpp"
#include "net/replica_link.hpp"

#include <sluice/configure.hpp>

#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <spdlog/spdlog.h>

#include <functional>

namespace sluice::detail {

namespace {

/// Each writer is given so long to end after the log was closed.
constexpr std::chrono::seconds end_within{5};
constexpr std::chrono::milliseconds try_again_after{500};

/// Has a thread of its own, for a life ends and begins with files and locks.
messages::role_listener_actor::behavior_type
role_keeper(messages::role_listener_actor::pointer self, const std::weak_ptr<node_life>& node) {
  return {
      [self, node](const messages::role_changed& told) {
        auto life = node.lock();
        auto again = life ? life->change_role(told) : std::nullopt;
        if (again)
          self->delayed_send(self, *again, told);
      },
  };
}

std::vector<node_endpoint> endpoints_of(const std::vector<replication::known_node>& nodes) {
  std::vector<node_endpoint> result;
  for (const auto& node : nodes)
    if (auto parsed = config::parse_endpoint(node.endpoint))
      result.push_back({parsed->host, parsed->port});
  return result;
}

} // namespace

node_life::node_life(caf::actor_system& system)
    : system_(system)
    , core_(std::make_shared<log_core>())
    , forwarder_(std::make_shared<net::append_forwarder>(system)) {
  core_->system = &system;
  core_->carrier = forwarder_;
}

node_life::~node_life() {
  // The destructor has nobody to tell; a log that could not be closed was logged.
  static_cast<void>(close());
}

caf::expected<std::shared_ptr<node_life>> node_life::open(caf::actor_system& system,
                                                          primary_config config) {
  auto node = std::make_shared<node_life>(system);
  static_cast<node_config&>(node->as_replica_) = config;
  node->as_primary_ = std::move(config);
  node->is_primary_ = true;
  node->was_primary_ = true;
  if (auto err = node->begin())
    return err;
  return node;
}

caf::expected<std::shared_ptr<node_life>> node_life::open(caf::actor_system& system,
                                                          replica_config config) {
  auto node = std::make_shared<node_life>(system);
  static_cast<node_config&>(node->as_primary_) = config;
  node->as_replica_ = std::move(config);
  if (auto err = node->begin())
    return err;
  return node;
}

/// The first life, in the role that the directory has by now.
caf::error node_life::begin() {
  if (auto err = check_actor_system(system_))
    return err;
  if (auto err = check_listen_address(as_primary_))
    return err;
  auto known = actors::role_on_disk(*machine().disk, as_primary_.data);
  if (known.is_promoted || known.is_deposed)
    is_primary_ = known.is_promoted;
  if (!is_primary_ && as_replica_.primaries.empty() && known.nodes.empty())
    return make_error(errc::invalid_argument, "a replica needs the address of its primary");
  keeper_ = system_.spawn<caf::detached>(role_keeper, weak_from_this());
  // What this life finds out may ask for another role before it has begun.
  std::unique_lock guard{mutex_};
  auto err = is_primary_ ? begin_primary() : begin_replica();
  guard.unlock();
  if (err)
    static_cast<void>(close());
  return err;
}

actors::node_environment node_life::machine() const {
  auto result = actors::real_environment();
  result.network = &system_.middleman().backend();
  result.roles = keeper_;
  return result;
}

/// What the embedder may read at any moment, from any thread, is written once.
void node_life::note_first_life(const node_start& start, const node_endpoint& listening) {
  if (front_door_)
    return;
  start_ = start;
  listening_ = listening;
}

caf::error node_life::begin_primary() {
  auto opened = actors::open_primary(system_, as_primary_, machine());
  if (!opened)
    return opened.error();
  supervisor_ = opened->supervisor;
  gate_ = opened->gate;
  disk_writers_ = opened->disk_writers;
  directory_ = opened->directory;
  auto listening = publish_gate(system_, gate_, as_primary_);
  if (!listening)
    return listening.error();
  note_first_life(opened->start, *listening);
  is_primary_ = true;
  caf::anon_send(opened->topology,
                 messages::node_published{advertised_endpoint(as_primary_, listening_)});
  watch_ = net::spawn_successor_watch(system_, {*opened->context, opened->cluster,
                                                opened->start.term, opened->nodes, opened->writer});
  serve(std::make_shared<node_handles>(
      node_handles{opened->writer, opened->inbox, opened->reader, opened->gate}));
  return caf::none;
}

caf::error node_life::begin_replica() {
  auto opened = actors::open_replica(system_, as_replica_, machine());
  if (!opened)
    return opened.error();
  net::link_setup link_setup;
  link_setup.context = *opened->context;
  link_setup.region = opened->region;
  link_setup.primaries = as_replica_.primaries;
  for (auto& endpoint : endpoints_of(opened->nodes))
    link_setup.primaries.push_back(std::move(endpoint));
  link_setup.receiver = opened->receiver;
  link_setup.snapshots = opened->snapshots;
  link_setup.snapshot_from = as_replica_.snapshot_from;
  link_setup.random_seed = std::hash<std::string>{}(opened->start.name);
  auto link = net::spawn_replica_link(system_, std::move(link_setup));
  auto promoter = net::spawn_promoter(system_, {*opened->context, opened->receiver});
  auto published = actors::supervise_replica(system_, *opened, link, promoter);
  supervisor_ = published.supervisor;
  gate_ = published.gate;
  disk_writers_ = opened->disk_writers;
  directory_ = opened->directory;
  auto listening = publish_gate(system_, gate_, as_replica_);
  if (!listening)
    return listening.error();
  note_first_life(opened->start, *listening);
  is_primary_ = false;
  if (!successor_.empty())
    caf::anon_send(link, messages::look_for_primary{std::exchange(successor_, {})});
  messages::node_published where{advertised_endpoint(as_replica_, listening_)};
  caf::anon_send(link, where);
  caf::anon_send(promoter, where);
  serve(std::make_shared<node_handles>(node_handles{{}, {}, opened->reader, published.gate}));
  return caf::none;
}

void node_life::serve(std::shared_ptr<const node_handles> handles) {
  // A later life is where the first one was, also when the system had chosen its port.
  as_primary_.listen = as_replica_.listen = listening_;
  was_primary_ |= is_primary_;
  if (was_primary_)
    forwarder_->open(listening_);
  if (is_primary_)
    forwarder_->rest();
  actors::front_door_setup door{handles->writer, handles->reader, handles->gate, forwarder_};
  if (front_door_)
    actors::lead_front_door(front_door_, std::move(door));
  else
    front_door_ = actors::spawn_front_door(system_, std::move(door));
  core_->change(std::move(handles));
}

void node_life::look_first_at(const node_endpoint& where) {
  auto& primaries = as_replica_.primaries;
  std::erase(primaries, where);
  primaries.insert(primaries.begin(), where);
}

std::optional<std::chrono::milliseconds>
node_life::change_role(const messages::role_changed& told) {
  std::lock_guard guard{mutex_};
  if (is_closed_)
    return std::nullopt;
  auto log = spdlog::get("sluice") ? spdlog::get("sluice") : spdlog::default_logger();
  // Told once for each life: a second word on the same change finds it done.
  if (supervisor_ && is_primary_ == told.is_primary)
    return std::nullopt;
  if (supervisor_) {
    log->info("role changes to={} term={} reason=\"{}\"", told.is_primary ? "primary" : "replica",
              told.term.value, told.reason);
    if (auto err = end())
      log->warn("the log was not closed cleanly reason=\"{}\"", describe(err));
  }
  if (!told.primary_endpoint.empty() && !told.is_primary) {
    successor_ = told.primary_endpoint;
    if (auto parsed = config::parse_endpoint(told.primary_endpoint))
      look_first_at({parsed->host, parsed->port});
  }
  auto err = told.is_primary ? begin_primary() : begin_replica();
  if (!err) {
    role_trouble_.clear();
    return std::nullopt;
  }
  if (auto trouble = describe(err); std::exchange(role_trouble_, trouble) != trouble)
    log->error("the node cannot be opened in its new role, trying again reason=\"{}\"", trouble);
  static_cast<void>(end());
  return try_again_after;
}

/// Ends this life: nothing of it is left when it returns.
caf::error node_life::end() {
  core_->change(nullptr);
  if (!supervisor_)
    return caf::none;
  system_.middleman().unpublish(gate_, listening_.port);
  if (watch_)
    caf::anon_send_exit(watch_, caf::exit_reason::user_shutdown);
  watch_ = nullptr;
  caf::scoped_actor self{system_};
  std::string failure;
  self->request(supervisor_, end_within, messages::close_node{})
      .receive([&](const messages::log_closed& closed) { failure = closed.failure; },
               [&](const caf::error& why) { failure = describe(why); });
  // The directory is free only when nobody writes there any more.
  for (const auto& writer : disk_writers_) {
    self->monitor(writer);
    self->receive([](const caf::down_msg&) {},
                  caf::after(end_within) >>
                      [&] { failure = "an actor that writes in the directory does not end"; });
  }
  supervisor_ = nullptr;
  gate_ = nullptr;
  disk_writers_.clear();
  directory_.reset();
  if (failure.empty())
    return caf::none;
  return make_error(errc::log_failed, "close: " + failure);
}

caf::error node_life::close() {
  std::lock_guard guard{mutex_};
  if (std::exchange(is_closed_, true))
    return caf::none;
  forwarder_->close();
  auto result = end();
  if (front_door_)
    caf::anon_send_exit(front_door_, caf::exit_reason::user_shutdown);
  if (keeper_)
    caf::anon_send_exit(keeper_, caf::exit_reason::user_shutdown);
  front_door_ = nullptr;
  keeper_ = nullptr;
  return result;
}

} // namespace sluice::detail
