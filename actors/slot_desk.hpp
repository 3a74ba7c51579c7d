#pragma once

#include "actors/context.hpp"
#include "messages/interfaces.hpp"
#include "replication/members.hpp"
#include "replication/retention_rule.hpp"
#include "replication/slot_book.hpp"
#include "replication/slot_forecast.hpp"

#include <sluice/node_config.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice::actors {

/// What slots may cost, and how often one looks.
struct slot_settings {
  std::size_t slots_max = replication::slots_max_default;
  slot_limits slot_defaults;
  replication::retention_limits retention;
  /// Below it slots are given up for the volume's sake; 0: never.
  std::uint64_t free_disk_min = 0;
  /// How old the stored positions may get.
  std::chrono::milliseconds store_every{5000};
  std::chrono::milliseconds sweep_every{1000};
};

slot_settings slot_settings_of(const primary_config& config);

struct slot_desk_setup {
  node_context context;
  sluice::term term;
  replication::members declared;
  slot_settings settings;
  /// What was stored.
  std::vector<replication::slot> slots;
  std::string incomplete;
  messages::slot_keeper_actor keeper;
  messages::spool_writer_actor writer;
  /// How far the embedder's state on this node is; none without one.
  std::optional<lsn> applied;
};

/// What the desk tells the registry, on the registry's thread.
struct slot_events {
  /// Given up: durably, and not before.
  std::function<void(const replication::slot&)> lost;
  /// The first LSN that is kept, or is going to be once a prune under way is done.
  std::function<void(lsn oldest)> pruned;
};

/// The slots of a primary, inside the `slot_registry`: keeps the book, has it stored, sweeps
/// it, and has the log pruned. Promises: a change is told only after it was stored; nothing
/// is pruned that a stored or a present slot needs; one store and one sweep at a time.
/// Never blocks. What it asks of other actors ends with the registry.
class slot_desk {
public:
  using self_pointer = messages::slot_registry_actor::pointer;
  using stored_callback = std::function<void(const caf::error&)>;
  using reply_callback = std::function<void(messages::control_reply)>;

  void init(self_pointer self, slot_desk_setup setup, slot_events events);

  /// A replica joins that holds everything through `flushed`; see `slot_book::join`. It may
  /// be answered `when_stored`.
  replication::slot_joined join(const std::string& id, storage_id storage, lsn flushed);

  /// Calls `done` once every change so far is durable, or with why it is not.
  void when_stored(stored_callback done);

  /// Moves a slot by an accepted ack: no message, no disk.
  void advance(const std::string& id, storage_id storage, const replication::positions& at);
  void disconnect(const std::string& id);

  /// How far the embedder's state on this node is: it is given the log behind that.
  void note_applied(lsn through) { setup_.applied = through; }

  /// For a snapshot: what follows `after` is kept until it is given back, whatever slots say.
  std::uint64_t pin(lsn after) { return book_.pin(after); }
  void unpin(std::uint64_t pin) { book_.unpin(pin); }

  /// Create, drop and reset; `reply` comes once it is durable.
  void control(const messages::control_request& request, lsn oldest, const reply_callback& reply);

  /// Looks at limits and room, gives up what has passed them, prunes; a sweep that is under
  /// way is followed by another one.
  void sweep();

  bool has_room_for(const std::string& id) const;
  const replication::slot* find(const std::string& id) const { return book_.find(id); }
  const std::vector<replication::slot>& slots() const { return book_.slots(); }
  std::vector<slot_status> report() const;
  /// Why nothing is pruned although slots would allow it; empty when it is.
  std::string prune_trouble() const;

private:
  replication::moment now() const;
  void note_change();
  std::vector<replication::slot> slots_to_store() const;
  void start_store(std::vector<replication::lost_slot> giving_up);
  void finish_store(const caf::error& err);
  void give_up(const std::vector<replication::lost_slot>& lost);
  void note_complete();

  void measure();
  void plan(const messages::log_measured& found);
  void prune(lsn through);
  void end_sweep();
  void trouble(std::string text);
  replication::retention_facts facts() const;
  std::optional<lsn> pinned_after() const;
  void observe_growth();

  self_pointer self_ = nullptr;
  slot_desk_setup setup_;
  slot_events events_;
  replication::slot_book book_;

  /// Counts changes that somebody waits for; positions are not among them.
  std::uint64_t changes_ = 0;
  std::uint64_t storing_changes_ = 0;
  std::vector<replication::lost_slot> giving_up_;
  bool is_storing_ = false;
  bool has_moved_ = false;
  replication::monotonic_ns stored_at_;
  std::deque<std::pair<std::uint64_t, stored_callback>> waiting_;

  bool is_sweeping_ = false;
  bool sweep_again_ = false;
  replication::log_extent log_;
  std::uint64_t free_bytes_ = 0;
  std::string trouble_;
  std::map<std::string, replication::growth_rate> growth_;
};

} // namespace sluice::actors
