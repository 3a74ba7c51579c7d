#include "net/node_life.hpp"

#include "actors/placement.hpp"
#include "actors/role_on_disk.hpp"

#include <sluice/configure.hpp>

#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <spdlog/spdlog.h>

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

bool has_ended(caf::actor_system& system, const caf::strong_actor_ptr& who,
               std::chrono::milliseconds within) {
  caf::scoped_actor self{system};
  auto is_down = false;
  self->monitor(who);
  self->receive([&](const caf::down_msg&) { is_down = true; }, caf::after(within) >> [] {});
  return is_down;
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
  is_primary_ = net::begins_as_primary(known, is_primary_);
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
  auto opened = net::open_life(system_, as_primary_, machine());
  if (!opened)
    return opened.error();
  life_ = std::move(*opened);
  return publish(as_primary_, true);
}

caf::error node_life::begin_replica() {
  auto opened = net::open_life(system_, as_replica_, machine());
  if (!opened)
    return opened.error();
  life_ = std::move(*opened);
  return publish(as_replica_, false);
}

caf::error node_life::publish(const node_config& config, bool as_primary) {
  auto listening = publish_gate(system_, life_.handles.gate, config);
  if (!listening)
    return listening.error();
  note_first_life(life_.start, *listening);
  is_primary_ = as_primary;
  if (life_.link && !successor_.empty())
    caf::anon_send(life_.link, messages::look_for_primary{std::exchange(successor_, {})});
  net::announce(life_, advertised_endpoint(config, listening_));
  serve(std::make_shared<node_handles>(life_.handles));
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

std::optional<std::chrono::milliseconds>
node_life::change_role(const messages::role_changed& told) {
  std::lock_guard guard{mutex_};
  if (is_closed_)
    return std::nullopt;
  auto log = spdlog::get("sluice") ? spdlog::get("sluice") : spdlog::default_logger();
  // Told once for each life: a second word on the same change finds it done.
  if (life_.supervisor && is_primary_ == told.is_primary)
    return std::nullopt;
  if (life_.supervisor) {
    log->info("role changes to={} term={} reason=\"{}\"", told.is_primary ? "primary" : "replica",
              told.term.value, told.reason);
    if (auto err = end())
      log->warn("the log was not closed cleanly reason=\"{}\"", describe(err));
  }
  if (!told.primary_endpoint.empty() && !told.is_primary) {
    successor_ = told.primary_endpoint;
    net::look_first_at(as_replica_, told.primary_endpoint);
  }
  auto err = !is_directory_free() ? make_error(errc::locked, "the embedder's code, or the disk, "
                                                             "still holds the former role back")
             : told.is_primary    ? begin_primary()
                                  : begin_replica();
  if (!err) {
    role_trouble_.clear();
    return std::nullopt;
  }
  if (auto trouble = describe(err); std::exchange(role_trouble_, trouble) != trouble)
    log->error("the node cannot be opened in its new role, trying again reason=\"{}\"", trouble);
  static_cast<void>(end());
  return try_again_after;
}

/// Whether nobody of an earlier life may still write in the directory.
bool node_life::is_directory_free() {
  std::erase_if(lingering_, [this](const auto& writer) {
    return has_ended(system_, writer, std::chrono::milliseconds{0});
  });
  if (lingering_.empty())
    lingering_in_ = {};
  return lingering_.empty();
}

/// Ends this life. What does not end in time keeps the directory locked until it has.
caf::error node_life::end() {
  core_->change(nullptr);
  if (!life_.supervisor)
    return caf::none;
  system_.middleman().unpublish(life_.handles.gate, listening_.port);
  if (life_.watch)
    caf::anon_send_exit(life_.watch, caf::exit_reason::user_shutdown);
  caf::scoped_actor self{system_};
  std::string failure;
  self->request(life_.supervisor, end_within, messages::close_node{})
      .receive([&](const messages::log_closed& closed) { failure = closed.failure; },
               [&](const caf::error& why) { failure = describe(why); });
  // The directory is free only when nobody writes there any more.
  for (const auto& writer : life_.disk_writers)
    if (!has_ended(system_, writer, end_within))
      lingering_.push_back(writer);
  if (!lingering_.empty()) {
    failure = "an actor that writes in the directory does not end";
    lingering_in_ = life_.directory;
  }
  life_ = {};
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
