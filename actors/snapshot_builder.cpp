#include "actors/snapshot_builder.hpp"

#include "actors/placement.hpp"
#include "persistence/outgoing_snapshot.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <deque>
#include <optional>

namespace sluice::actors {

namespace {

caf::error in_context(const char* context, const caf::error& why) {
  return make_error(code_of(why), context + describe(why));
}

class builder_state {
public:
  static constexpr const char* name = "sluice.snapshot_builder";
  using self_pointer = messages::snapshot_builder_actor::stateful_pointer<builder_state>;

  void init(snapshot_builder_setup setup) { setup_ = std::move(setup); }

  caf::result<messages::outgoing_found> find() {
    if (auto err = open())
      return err;
    if (outgoing_->manifest())
      note_built();
    return messages::outgoing_found{built_};
  }

  /// What is there goes first: the embedder may need the room for its copy.
  caf::result<messages::outgoing_begun> begin() {
    if (auto err = forget())
      return err;
    auto begun = setup_->source->begin();
    if (!begun)
      return in_context("the state cannot be frozen: ", begun.error());
    if (auto err = outgoing_->begin((*begun)->file()))
      return err;
    stream_ = std::move(*begun);
    at_ = stream_->at();
    return messages::outgoing_begun{at_, stream_->bytes()};
  }

  caf::result<messages::outgoing_extended> extend() {
    if (!stream_)
      return make_error(errc::invalid_argument, "no snapshot was begun");
    auto is_whole = false;
    auto chunk = next_chunk(is_whole);
    if (!chunk)
      return give_up(chunk.error());
    if (!chunk->empty()) {
      if (auto err = outgoing_->add(*chunk))
        return give_up(err);
      remember(added_++, payload::take(std::move(*chunk)));
    }
    return messages::outgoing_extended{outgoing_->bytes(), is_whole};
  }

  caf::result<messages::outgoing_found> finish(const messages::finish_outgoing& in) {
    stream_ = nullptr;
    if (auto err =
            outgoing_->finish({at_, in.timeline, in.term, in.history, in.last_term, in.producers}))
      return give_up(err);
    note_built();
    return messages::outgoing_found{built_};
  }

  caf::result<messages::outgoing_discarded> discard() {
    if (auto err = forget())
      return err;
    return messages::outgoing_discarded{};
  }

  caf::result<messages::chunk_read> read(const messages::read_chunk& x) {
    if (!built_ || built_->number != x.snapshot)
      return make_error(errc::not_found, "that snapshot is not kept any more");
    auto held = std::ranges::find(cache_, x.index, &cached_chunk::index);
    if (held != cache_.end())
      return messages::chunk_read{held->bytes};
    auto bytes = outgoing_->read(x.index);
    if (!bytes)
      return bytes.error();
    auto shared = payload::take(std::move(*bytes));
    remember(x.index, shared);
    return messages::chunk_read{shared};
  }

private:
  struct cached_chunk {
    std::size_t index = 0;
    payload bytes;
  };

  caf::error open() {
    if (outgoing_)
      return {};
    auto opened = persistence::outgoing_snapshot::open(
        *setup_->context.disk, setup_->context.directory / "snapshot" / "outgoing");
    if (!opened)
      return in_context("snapshot/outgoing cannot be opened: ", opened.error());
    outgoing_ = std::move(*opened);
    return {};
  }

  caf::error forget() {
    stream_ = nullptr;
    built_ = nullptr;
    cache_.clear();
    added_ = 0;
    if (auto err = open())
      return err;
    return outgoing_->discard();
  }

  /// The first failure is the one to tell.
  caf::error give_up(const caf::error& why) {
    static_cast<void>(forget());
    return in_context("the state cannot be copied: ", why);
  }

  /// Full unless it is the last one, which may be empty.
  caf::expected<std::string> next_chunk(bool& is_whole) {
    std::string chunk;
    while (chunk.size() < setup_->settings.chunk_bytes) {
      auto room = static_cast<std::size_t>(setup_->settings.chunk_bytes) - chunk.size();
      auto part = stream_->next(room);
      if (!part)
        return part.error();
      if (part->size() > room)
        return make_error(errc::invalid_argument, "the source gave more bytes than were asked for");
      if (part->empty()) {
        is_whole = true;
        break;
      }
      if (chunk.empty())
        chunk = std::move(*part);
      else
        chunk += *part;
    }
    return chunk;
  }

  void remember(std::size_t index, payload bytes) {
    cache_.push_back({index, std::move(bytes)});
    if (cache_.size() > setup_->settings.cached_chunks_max)
      cache_.pop_front();
  }

  void note_built() {
    const auto& manifest = *outgoing_->manifest();
    auto built = std::make_shared<messages::built_snapshot>();
    built->number = ++built_before_;
    built->at = manifest.at;
    built->timeline = manifest.timeline;
    built->term = manifest.term;
    built->history = manifest.history;
    built->manifest = encode(manifest);
    for (const auto& chunk : manifest.chunks)
      built->chunk_bytes.push_back(chunk.bytes);
    built->bytes = manifest.bytes();
    built_ = std::move(built);
  }

  std::optional<snapshot_builder_setup> setup_;
  std::unique_ptr<persistence::outgoing_snapshot> outgoing_;
  /// Of what is being built.
  std::unique_ptr<snapshot_stream> stream_;
  lsn at_;
  std::size_t added_ = 0;
  messages::built_snapshot_ptr built_;
  std::uint64_t built_before_ = 0;
  std::deque<cached_chunk> cache_;
};

messages::snapshot_builder_actor::behavior_type snapshot_builder(builder_state::self_pointer self,
                                                                 snapshot_builder_setup setup) {
  self->state.init(std::move(setup));
  return {
      [self](const messages::find_outgoing&) { return self->state.find(); },
      [self](const messages::begin_outgoing&) { return self->state.begin(); },
      [self](const messages::extend_outgoing&) { return self->state.extend(); },
      [self](const messages::finish_outgoing& x) { return self->state.finish(x); },
      [self](const messages::discard_outgoing&) { return self->state.discard(); },
      [self](const messages::read_chunk& x) { return self->state.read(x); },
  };
}

} // namespace

messages::snapshot_builder_actor spawn_snapshot_builder(caf::actor_system& system,
                                                        snapshot_builder_setup setup) {
  auto detach = setup.context.detach_blocking;
  return spawn_blocking(system, detach, snapshot_builder, std::move(setup));
}

} // namespace sluice::actors
