#pragma once

#include "persistence/node_state.hpp"
#include "persistence/snapshot_manifest.hpp"
#include "test/support/machine.hpp"
#include "test/support/memory_state.hpp"
#include "test/support/replica_under_test.hpp"

#include <caf/event_based_actor.hpp>

#include <algorithm>
#include <optional>

namespace sluice::test {

/// What the replica said to whom it got the snapshot from.
struct sender_record {
  std::vector<messages::snapshot_request> requests;
  std::vector<messages::snapshot_staged> staged;
  std::vector<messages::log_restarted> outcomes;
  std::optional<snapshot_progress> progress;
  caf::strong_actor_ptr receiver;
};

inline constexpr std::size_t chunk_bytes = 16;

/// A state that goes through LSN 3, beside a log that does, of a primary that is far ahead.
class receiving : public testing::Test {
protected:
  receiving() {
    for (int i = 1; i <= 12; ++i)
      batches.push_back(source.make({"record " + std::to_string(i)}));
    make_sender();
    start();
    stream_through(3);
  }

  ~receiving() override { stop(); }

  void make_sender() {
    auto into = heard;
    sender = node.system().spawn([into](caf::event_based_actor* self) -> caf::behavior {
      return {
          [into, self](const messages::snapshot_request& x) {
            into->requests.push_back(x);
            into->receiver = caf::actor_cast<caf::strong_actor_ptr>(self->current_sender());
          },
          [into](const messages::snapshot_staged& x) { into->staged.push_back(x); },
          [into](const messages::snapshot_progressed& x) { into->progress = x.progress; },
          [into](const messages::log_restarted& x) { into->outcomes.push_back(x); },
          [](const messages::replica_ack&) {},
          [](const messages::stream_broken&) {},
          [](const messages::stream_heard&) {},
      };
    });
    node.keep(sender);
  }

  caf::error start() {
    auto err = open();
    node.run();
    return err;
  }

  /// Nothing has run yet.
  caf::error open() {
    replica_config config;
    config.data = data_directory;
    config.name = "r";
    config.segment_bytes = 64 * 1024;
    config.record_bytes_max = 16 * 1024;
    config.primaries = {{"127.0.0.1", 1}};
    config.applier = state;
    if (has_sink)
      config.installs = state;
    auto opened = actors::open_replica(node.system(), config, host.environment());
    if (!opened)
      return opened.error();
    replica = std::move(*opened);
    return {};
  }

  void stop() {
    if (!replica)
      return;
    node.kill(replica->receiver);
    for (const auto& child : replica->children)
      node.kill(caf::actor_cast<caf::actor>(child.child));
    replica.reset();
  }

  /// Another replica, that holds nothing.
  void begin_anew() {
    stop();
    for (const auto& path : host.disk.files())
      host.disk.erase(path);
    *state = memory_state{};
    sequence = {};
    auto err = start();
    ASSERT_FALSE(err) << describe(err);
  }

  void attach(sluice::term current = term{1}) {
    messages::welcome accepted;
    accepted.cluster = "cluster";
    accepted.primary = "n1";
    accepted.term = current;
    accepted.timeline = timeline_id{1};
    accepted.timelines = {{timeline_id{1}, {}, {}, {}, term{1}, "n1"}};
    accepted.sequence = next(sequence);
    sequence = accepted.sequence;
    accepted.resume_after = position().flushed;
    caf::send_as(sender, replica->receiver,
                 messages::attach_stream{accepted, caf::actor_cast<caf::strong_actor_ptr>(sender)});
    node.run();
  }

  /// Streams what the log lacks through `last`.
  void stream_through(std::uint64_t last, sluice::term current = term{1}) {
    attach(current);
    for (auto at = position_quietly().durable.value; at < last; ++at) {
      messages::stream_batches what;
      what.header.term = current;
      what.header.timeline = timeline_id{1};
      what.header.sequence = sequence;
      what.blocks = {batches[at].bytes};
      caf::send_as(sender, replica->receiver, std::move(what));
      node.run();
    }
  }

  /// Its state stands at LSN 8, and its log is cut behind 5 by the primary of term 2.
  void cut_below_state() {
    stream_through(8);
    ASSERT_EQ(state->through, lsn{8});
    messages::rewind told{true, "cluster", term{2}, sequence, lsn{5}, batches[4].tail_digest};
    auto done = node.ask<messages::log_restarted>(replica->receiver, told);
    ASSERT_EQ(done->code, errc::ok) << done->reason;
    ASSERT_EQ(position().flushed, lsn{5});
  }

  bool holds_discarded_files() {
    auto files = host.disk.files();
    return std::ranges::any_of(
        files, [](const auto& path) { return path.string().starts_with("/data/discarded/"); });
  }

  messages::join_position position() {
    auto at = node.ask<messages::join_position>(replica->receiver, messages::get_join_position{});
    return at ? *at : messages::join_position{};
  }

  messages::log_positions position_quietly() {
    auto at = node.ask<messages::log_positions>(replica->receiver, messages::get_log_positions{});
    return at ? *at : messages::log_positions{};
  }

  /// The primary's state through `at`, as it offers it.
  std::string state_at(std::uint64_t at) {
    std::vector<std::string> records;
    for (std::uint64_t i = 1; i <= at; ++i)
      records.push_back("record " + std::to_string(i));
    return memory_state::bytes_of(lsn{at}, records);
  }

  persistence::snapshot_manifest manifest_at(std::uint64_t at) {
    persistence::snapshot_manifest x{lsn{at}, timeline_id{1}, term{1},  batches[at - 1].tail_digest,
                                     {},      term{1},        producers};
    auto bytes = state_at(at);
    for (std::size_t i = 0; i < bytes.size(); i += chunk_bytes)
      x.chunks.push_back(persistence::chunk_of(bytes.substr(i, chunk_bytes)));
    return x;
  }

  /// Tells it to get one; it asks for it then.
  void order(lsn at_least, sluice::term current = term{1}) {
    messages::snapshot_needed what{true,     "cluster", current,   timeline_id{1},
                                   sequence, at_least,  "horizon", facts};
    caf::send_as(
        sender, replica->snapshots,
        messages::fetch_snapshot{what, caf::actor_cast<messages::snapshot_gate_actor>(sender)});
    node.run();
  }

  template <class Message>
  void tell(Message x) {
    caf::send_as(sender, replica->snapshots, std::move(x));
    node.run();
  }

  std::uint64_t attempt() const { return heard->requests.back().attempt; }

  void offer(std::uint64_t at, const std::string& cluster = "cluster") {
    tell(messages::snapshot_offer{true, attempt(), cluster, term{1}, encode(manifest_at(at))});
  }

  void send_chunk(std::uint64_t at, std::size_t index) {
    tell(messages::snapshot_chunk{true, attempt(), index,
                                  payload{state_at(at).substr(index * chunk_bytes, chunk_bytes)}});
  }

  /// Offers it and sends what the replica says that it lacks, at most `chunks_max`.
  void serve(std::uint64_t at, std::size_t chunks_max = SIZE_MAX) {
    heard->staged.clear();
    offer(at);
    if (heard->staged.empty())
      return;
    auto count = manifest_at(at).chunks.size();
    for (std::size_t i = heard->staged.front().chunks; i < count && chunks_max > 0; ++i) {
      send_chunk(at, i);
      ++sent_chunks;
      --chunks_max;
    }
  }

  std::vector<std::filesystem::path> staged_files() {
    std::vector<std::filesystem::path> found;
    for (const auto& path : host.disk.files())
      if (path.string().starts_with("/data/snapshot/"))
        found.push_back(path);
    return found;
  }

  /// The old state beside the old log, or the new one with a log that begins behind it.
  void expect_consistent(std::uint64_t at) {
    auto log = position_quietly();
    if (state->through == lsn{at}) {
      EXPECT_EQ(log.log_start, next(lsn{at}));
      EXPECT_EQ(log.durable, lsn{at});
      EXPECT_EQ(memory_state::bytes_of(state->through, state->records), state_at(at));
    } else {
      EXPECT_EQ(state->through, lsn{3});
      EXPECT_EQ(log.durable, lsn{3});
      EXPECT_EQ(log.log_start, no_lsn);
    }
  }

  machine host;
  local_node node;
  batch_source source;
  std::vector<frame_batch> batches;
  std::shared_ptr<memory_state> state = std::make_shared<memory_state>();
  std::shared_ptr<sender_record> heard = std::make_shared<sender_record>();
  bool has_sink = true;
  caf::actor sender;
  std::optional<actors::opened_replica> replica;
  connect_sequence sequence;
  /// Told with the need of a snapshot.
  messages::cluster_facts facts;
  /// Told with a snapshot.
  std::string producers;
  std::size_t sent_chunks = 0;
};

} // namespace sluice::test
