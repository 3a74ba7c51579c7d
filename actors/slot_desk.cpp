#include "actors/slot_desk.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace sluice::actors {

namespace {

namespace rules = sluice::replication;

/// Beyond it commands are `overloaded`. Joins wait with them, of which `hellos_max` are judged.
constexpr std::size_t changes_waiting_max = 2000;

/// A disk that takes longer has failed, and says so by itself.
constexpr auto store_deadline = std::chrono::seconds{30};

messages::control_reply reply_of(rules::slot_outcome outcome, const std::string& id) {
  switch (outcome) {
  case rules::slot_outcome::done: return {};
  case rules::slot_outcome::bad_id:
    return {true, errc::invalid_argument, "'" + id + "' is no id: use [A-Za-z0-9._-]{1,64}"};
  case rules::slot_outcome::already_exists:
    return {true, errc::already_exists, "there is a slot '" + id + "' already"};
  case rules::slot_outcome::not_found:
    return {true, errc::not_found, "there is no slot '" + id + "'"};
  case rules::slot_outcome::too_many:
    return {true, errc::overloaded, "there are too many slots; drop one or raise max-slots"};
  }
  return {true, errc::unsupported, "unknown outcome"};
}

} // namespace

slot_settings slot_settings_of(const primary_config& config) {
  slot_settings x;
  x.slots_max = config.replicas_max;
  x.slot_defaults = {config.slot_bytes_max, config.slot_records_max, config.slot_idle_timeout};
  x.retention = {config.retain_bytes_min, config.retain_age};
  x.free_disk_min = config.free_disk_min.value_or(4 * config.segment_bytes);
  return x;
}

void slot_desk::init(self_pointer self, slot_desk_setup setup, slot_events events) {
  self_ = self;
  setup_ = std::move(setup);
  events_ = std::move(events);
  book_ = rules::slot_book{setup_.settings.slots_max};
  book_.restore(std::move(setup_.slots), now_of(self));
}

rules::moment slot_desk::now() const {
  return {now_of(self_), setup_.context.wall->now()};
}

bool slot_desk::has_room_for(const std::string& id) const {
  return book_.find(id) != nullptr || book_.size() < setup_.settings.slots_max;
}

rules::slot_joined slot_desk::join(const std::string& id, storage_id storage, lsn flushed) {
  auto joined = book_.join(id, storage, flushed, now());
  has_moved_ = true;
  note_complete();
  if (joined != rules::slot_joined::kept)
    note_change();
  return joined;
}

/// Once every member has its slot again, none can be missing.
void slot_desk::note_complete() {
  if (setup_.incomplete.empty() || setup_.declared.empty())
    return;
  for (const auto& member : setup_.declared.names())
    if (member != setup_.context.node && book_.find(member) == nullptr)
      return;
  setup_.incomplete.clear();
  note_change();
}

void slot_desk::advance(const std::string& id, storage_id storage, const rules::positions& at) {
  if (book_.advance(id, storage, at, now()))
    has_moved_ = true;
}

void slot_desk::disconnect(const std::string& id) {
  book_.disconnect(id, now_of(self_));
}

void slot_desk::control(const messages::control_request& request, lsn oldest,
                        const reply_callback& reply) {
  const auto& id = request.subject;
  if (waiting_.size() >= changes_waiting_max)
    return reply({true, errc::overloaded, "too many changes of slots wait to be stored"});
  auto outcome = rules::slot_outcome::done;
  // A slot that is made by hand keeps everything that is still there.
  if (request.command == messages::control_command::create_slot
      || request.command == messages::control_command::create_limited_slot)
    outcome = book_.create(id, previous(oldest), now(), request.limits);
  else if (request.command == messages::control_command::reset_slot)
    outcome = book_.reset(id, previous(oldest), now());
  else if (const auto* known = book_.find(id); known != nullptr && known->is_active)
    return reply({true, errc::in_use, "the replica '" + id + "' is connected: stop it first"});
  else
    outcome = book_.drop(id);
  if (outcome != rules::slot_outcome::done)
    return reply(reply_of(outcome, id));
  if (request.command == messages::control_command::reset_slot)
    setup_.incomplete.clear();
  note_change();
  setup_.context.log->info("slot changed by command slot={} term={} command={}", id,
                           setup_.term.value, static_cast<int>(request.command));
  when_stored([reply](const caf::error& err) {
    if (err)
      reply({true, code_of(err), "it is not durable yet, and is tried again: " + describe(err)});
    else
      reply({});
  });
}

// -- storing -------------------------------------------------------------------------------

void slot_desk::note_change() {
  ++changes_;
  start_store({});
}

void slot_desk::when_stored(stored_callback done) {
  if (waiting_.empty() && storing_changes_ == changes_ && !is_storing_)
    return done({});
  waiting_.emplace_back(changes_, std::move(done));
  start_store({});
}

std::vector<rules::slot> slot_desk::slots_to_store() const {
  auto slots = book_.slots();
  auto lost = giving_up_.begin();
  for (auto& x : slots) {
    x.idle_before =
        std::chrono::duration_cast<std::chrono::milliseconds>(idle_time(x, now_of(self_)));
    // Both are sorted by id.
    while (lost != giving_up_.end() && lost->id < x.id)
      ++lost;
    if (lost != giving_up_.end() && lost->id == x.id)
      x.invalidated = rules::slot_invalidation{lost->cause, setup_.context.wall->now()};
  }
  return slots;
}

/// Stores the whole book as it is now, with `giving_up` given up already. What comes while
/// a store is under way goes with the next one.
void slot_desk::start_store(std::vector<rules::lost_slot> giving_up) {
  if (is_storing_)
    return;
  is_storing_ = true;
  has_moved_ = false;
  storing_changes_ = changes_;
  giving_up_ = std::move(giving_up);
  messages::store_slots request{std::make_shared<const std::vector<rules::slot>>(slots_to_store()),
                                setup_.incomplete};
  self_->request(setup_.keeper, store_deadline, std::move(request))
      .then([this](const messages::slots_stored&) { finish_store({}); },
            [this](const caf::error& err) { finish_store(err); });
}

void slot_desk::finish_store(const caf::error& err) {
  is_storing_ = false;
  stored_at_ = now_of(self_);
  auto given_up = std::exchange(giving_up_, {});
  if (err)
    trouble("the slot catalog cannot be stored: " + describe(err));
  else
    trouble_.clear();
  // A slot that was changed meanwhile is judged anew by the next sweep.
  if (!err && changes_ == storing_changes_)
    give_up(given_up);
  auto stored = storing_changes_;
  if (err) {
    // Nobody may take for durable what is only in memory.
    has_moved_ = true;
    ++changes_;
  } else if (changes_ != stored) {
    start_store({});
  }
  while (!waiting_.empty() && waiting_.front().first <= stored) {
    auto done = std::move(waiting_.front().second);
    waiting_.pop_front();
    done(err);
  }
  if (!waiting_.empty())
    start_store({});
}

/// Persisted first, then told.
void slot_desk::give_up(const std::vector<rules::lost_slot>& lost) {
  for (const auto& [id, cause] : lost)
    if (book_.invalidate(id, cause, setup_.context.wall->now()))
      events_.lost(*book_.find(id));
}

} // namespace sluice::actors
