#include "actors/snapshot_receiver.hpp"

#include "actors/placement.hpp"
#include "persistence/snapshot_store.hpp"
#include "replication/snapshot_rule.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <spdlog/spdlog.h>

#include <optional>

namespace sluice::actors {

namespace {

constexpr auto watch_every = std::chrono::seconds{1};

class snapshot_receiver_state {
public:
  static constexpr const char* name = "sluice.snapshot_receiver";
  using self_pointer = messages::snapshot_receiver_actor::stateful_pointer<snapshot_receiver_state>;

  void init(self_pointer self, snapshot_receiver_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    self->set_down_handler([self](const caf::down_msg& down) { self->state.lost(down); });
  }

  caf::result<messages::log_restarted> fetch(const messages::fetch_snapshot& order) {
    if (is_installing_)
      return messages::log_restarted{errc::overloaded, "a snapshot is being installed"};
    end({errc::closed, "another attempt has begun"});
    // The promise takes the sender with it.
    watcher_ = caf::actor_cast<messages::snapshot_watcher_actor>(self_->current_sender());
    promise_ = self_->make_response_promise<messages::log_restarted>();
    wanted_ = order.what;
    ++attempt_;
    progress_ = snapshot_progress{"building", {}, 0, 0, {}};
    tell(true);
    source_ = order.source;
    self_->monitor(source_);
    self_->send(source_, messages::snapshot_request{true, messages::protocol_version,
                                                    wanted_.cluster, setup_->context.node, attempt_,
                                                    wanted_.term, wanted_.at_least});
    heard_at_ = now_of(self_);
    arm_watch();
    return *promise_;
  }

  void take(const messages::snapshot_building& x) {
    if (!is_current(x))
      return;
    progress_ = snapshot_progress{"building", {}, x.bytes, x.total_bytes, {}};
    tell(false);
  }

  void take(const messages::snapshot_refused& x) {
    if (is_current(x))
      end({x.code == errc::ok ? errc::not_found : x.code, x.reason});
  }

  void take(const messages::snapshot_offer& x) {
    if (!is_current(x) || origin_)
      return;
    auto sender = caf::actor_cast<caf::strong_actor_ptr>(self_->current_sender());
    if (!sender)
      return end({errc::closed, "who offers a snapshot has no route back"});
    auto manifest = persistence::decode_snapshot_manifest(x.manifest);
    if (!manifest)
      return end({errc::malformed, "the offered snapshot: " + context_of(manifest.error())});
    if (auto refused = refuse(x, *manifest)) {
      give_back(sender);
      return end(*refused);
    }
    if (auto err = stage(*manifest))
      return end({code_of(err), "the snapshot cannot be staged: " + context_of(err)});
    // What was staged before was read again: that may take long.
    heard_at_ = now_of(self_);
    origin_ = sender;
    self_->monitor(origin_);
    begin_sending();
    if (!go_on_if_whole())
      confirm();
  }

  void take(const messages::snapshot_chunk& x) {
    if (!is_current(x) || !origin_ || !store_)
      return;
    auto err = store_->put(x.index, x.bytes.view());
    if (!err && store_->unsynced_bytes() >= setup_->limits.sync_bytes)
      err = store_->sync();
    if (err)
      return end({code_of(err), context_of(err)});
    came_bytes_ += x.bytes.size();
    note_staged();
    if (!go_on_if_whole())
      confirm();
  }

  void forget() {
    if (is_installing_ || promise_)
      return;
    auto gone = remove_staged();
    if (gone)
      setup_->context.log->warn("a snapshot that is no longer wanted cannot be removed "
                                "reason=\"{}\"",
                                describe(gone));
  }

  void fire_timer() {
    watch_armed_ = false;
    if (!promise_)
      return;
    if (!is_installing_
        && replication::elapsed(heard_at_, now_of(self_)) > setup_->limits.silent_after)
      end({errc::timed_out, "who sends the snapshot has been silent for too long"});
    else
      arm_watch();
  }

private:
  template <class Message>
  bool is_current(const Message& x) {
    if (!promise_ || is_installing_ || !x.well_formed || x.attempt != attempt_)
      return false;
    heard_at_ = now_of(self_);
    return true;
  }

  void arm_watch() {
    if (!std::exchange(watch_armed_, true))
      self_->delayed_send(self_, watch_every, messages::timer_fired{});
  }

  std::optional<messages::log_restarted>
  refuse(const messages::snapshot_offer& x, const persistence::snapshot_manifest& manifest) const {
    if (x.cluster != wanted_.cluster)
      return messages::log_restarted{errc::wrong_cluster,
                                     "the snapshot is of cluster " + x.cluster};
    if (manifest.at < wanted_.at_least)
      return messages::log_restarted{
          errc::pruned, "the snapshot is of LSN " + to_string(manifest.at)
                            + ", the log begins behind LSN " + to_string(wanted_.at_least)};
    return std::nullopt;
  }

  /// It is kept for nobody: the next one is of a later LSN.
  void give_back(const caf::strong_actor_ptr& sender) {
    if (sender)
      self_->send(caf::actor_cast<messages::snapshot_origin_actor>(sender),
                  messages::snapshot_staged{true, attempt_, 0, true});
  }

  caf::error stage(const persistence::snapshot_manifest& manifest) {
    const auto& context = setup_->context;
    store_.reset();
    auto opened = persistence::snapshot_store::open(
        *context.disk, persistence::incoming_snapshot_folder(context.directory));
    if (!opened)
      return opened.error();
    store_ = std::move(*opened);
    return store_->begin(manifest);
  }

  void begin_sending() {
    const auto& manifest = *store_->manifest();
    came_bytes_ = 0;
    since_ = now_of(self_);
    logged_at_ = since_;
    progress_ =
        snapshot_progress{"sending", manifest.at, store_->staged_bytes(), manifest.bytes(), {}};
    setup_->context.log->info("a snapshot is coming at_lsn={} bytes={} staged_bytes={} cause={}",
                              manifest.at.value, progress_->total_bytes, progress_->bytes,
                              wanted_.cause);
    tell(true);
  }

  void note_staged() {
    progress_->bytes = store_->staged_bytes();
    progress_->seconds_left =
        replication::seconds_left(came_bytes_, progress_->total_bytes - progress_->bytes,
                                  replication::elapsed(since_, now_of(self_)));
    tell(false);
    auto now = now_of(self_);
    if (replication::elapsed(logged_at_, now) < setup_->limits.log_every)
      return;
    logged_at_ = now;
    setup_->context.log->info("a snapshot is coming at_lsn={} bytes={} of={} seconds_left={}",
                              progress_->at.value, progress_->bytes, progress_->total_bytes,
                              progress_->seconds_left.value_or(0));
  }

  void confirm() {
    self_->send(caf::actor_cast<messages::snapshot_origin_actor>(origin_),
                messages::snapshot_staged{true, attempt_, store_->staged(), false});
  }

  /// The applier first: nobody else may be in the embedder's code. Then the intent.
  bool go_on_if_whole() {
    if (!store_->is_whole())
      return false;
    confirm();
    is_installing_ = true;
    progress_->stage = "installing";
    progress_->seconds_left.reset();
    tell(true);
    self_->request(setup_->applier, caf::infinite, messages::pause_applying{})
        .then([self = self_](const messages::applying_paused&) { self->state.plan_install(); },
              [self = self_](const caf::error& why) {
                self->state.end_install({errc::closed, describe(why)});
              });
    return true;
  }

  void plan_install() {
    const auto& manifest = *store_->manifest();
    self_
        ->request(setup_->receiver, caf::infinite,
                  messages::begin_install{wanted_.cluster, wanted_.term, wanted_.timeline,
                                          manifest.at, manifest.history, manifest.last_term,
                                          wanted_.facts, manifest.producers})
        .then(
            [self = self_](const messages::log_restarted& x) {
              if (x.code == errc::ok)
                self->state.install();
              else
                self->state.end_install(x);
            },
            [self = self_](const caf::error& why) {
              self->state.end_install({errc::closed, describe(why)});
            });
  }

  void install() {
    auto err = store_->install(*setup_->sink);
    if (code_of(err) == errc::corruption)
      err = lose_staged(err);
    else if (!err)
      // A sink may have made of the file what it keeps: it is not this store's any more.
      log_left_behind(store_->discard());
    messages::log_restarted done;
    if (err)
      done = {code_of(err), "the snapshot cannot be installed: " + context_of(err)};
    self_->request(setup_->receiver, caf::infinite, messages::install_ended{!err})
        .then(
            [self = self_, done](const messages::log_restarted& x) {
              self->state.end_install(done.code == errc::ok ? x : done);
            },
            [self = self_](const caf::error& why) {
              self->state.end_install({errc::closed, describe(why)});
            });
  }

  void log_left_behind(const caf::error& why) {
    if (why)
      setup_->context.log->warn("the files of an installed snapshot cannot be removed "
                                "reason=\"{}\"",
                                describe(why));
  }

  /// What arrived is not a state: it is not tried again, and whoever sent it makes another.
  caf::error lose_staged(const caf::error& why) {
    if (auto err = store_->discard())
      return make_error(errc::corruption,
                        context_of(why) + "; and it cannot be removed: " + context_of(err));
    return why;
  }

  void end_install(messages::log_restarted outcome) {
    is_installing_ = false;
    self_->send(setup_->applier, messages::resume_applying{});
    if (outcome.code == errc::ok) {
      setup_->context.log->info("a snapshot was installed at_lsn={} bytes={}", progress_->at.value,
                                progress_->total_bytes);
      log_left_behind(remove_staged());
    }
    if (outcome.code == errc::ok || outcome.code == errc::pruned
        || outcome.code == errc::corruption)
      give_back(origin_);
    end(std::move(outcome));
  }

  /// What is staged stays: the next attempt goes on with it.
  void end(messages::log_restarted outcome) {
    if (!promise_)
      return;
    // What cannot be synced is found to be missing when it is read again.
    if (store_ && !store_->is_whole())
      static_cast<void>(store_->sync());
    store_.reset();
    if (source_)
      self_->demonitor(source_.address());
    if (origin_)
      self_->demonitor(origin_->address());
    source_ = nullptr;
    origin_ = nullptr;
    progress_.reset();
    tell(true);
    auto promise = std::move(*promise_);
    promise_.reset();
    promise.deliver(std::move(outcome));
  }

  void lost(const caf::down_msg& down) {
    if (is_installing_ || !promise_)
      return;
    auto is_source = source_ && down.source == source_.address() && !origin_;
    if (is_source || (origin_ && down.source == origin_->address()))
      end({errc::closed, "the connection to who sends the snapshot is lost"});
  }

  caf::error remove_staged() {
    store_.reset();
    return persistence::remove_incoming_snapshot(*setup_->context.disk, setup_->context.directory);
  }

  void tell(bool at_once) {
    auto now = now_of(self_);
    if (!watcher_ || (!at_once && replication::elapsed(told_at_, now) < setup_->limits.tell_every))
      return;
    told_at_ = now;
    self_->send(watcher_, messages::snapshot_progressed{progress_});
  }

  self_pointer self_ = nullptr;
  std::optional<snapshot_receiver_setup> setup_;
  std::uint64_t attempt_ = 0;
  /// Of the attempt; none while there is none.
  std::optional<caf::typed_response_promise<messages::log_restarted>> promise_;
  messages::snapshot_needed wanted_;
  messages::snapshot_watcher_actor watcher_;
  messages::snapshot_gate_actor source_;
  /// Who sends it, once it was offered.
  caf::strong_actor_ptr origin_;
  std::unique_ptr<persistence::snapshot_store> store_;
  std::optional<snapshot_progress> progress_;
  std::uint64_t came_bytes_ = 0;
  replication::monotonic_ns since_;
  replication::monotonic_ns heard_at_;
  replication::monotonic_ns told_at_;
  replication::monotonic_ns logged_at_;
  bool is_installing_ = false;
  bool watch_armed_ = false;
};

messages::snapshot_receiver_actor::behavior_type
snapshot_receiver(snapshot_receiver_state::self_pointer self, snapshot_receiver_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::snapshot_offer& x) { self->state.take(x); },
      [self](const messages::snapshot_chunk& x) { self->state.take(x); },
      [self](const messages::snapshot_building& x) { self->state.take(x); },
      [self](const messages::snapshot_refused& x) { self->state.take(x); },
      [self](const messages::fetch_snapshot& x) { return self->state.fetch(x); },
      [self](const messages::forget_snapshot&) { self->state.forget(); },
      [self](const messages::timer_fired&) { self->state.fire_timer(); },
  };
}

} // namespace

messages::snapshot_receiver_actor spawn_snapshot_receiver(caf::actor_system& system,
                                                          snapshot_receiver_setup setup) {
  auto detach = setup.context.detach_blocking;
  return spawn_blocking(system, detach, snapshot_receiver, std::move(setup));
}

} // namespace sluice::actors
