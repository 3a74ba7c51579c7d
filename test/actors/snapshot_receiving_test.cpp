#include "persistence/node_state.hpp"
#include "persistence/snapshot_manifest.hpp"
#include "test/support/machine.hpp"
#include "test/support/memory_state.hpp"
#include "test/support/replica_under_test.hpp"

#include <caf/event_based_actor.hpp>

#include <optional>

/// A replica that gets its embedder's state by a snapshot; the sender says what the test tells it.
namespace sluice::test {
namespace {

using std::chrono::seconds;

/// What the replica said to whom it got the snapshot from.
struct sender_record {
  std::vector<messages::snapshot_request> requests;
  std::vector<messages::snapshot_staged> staged;
  std::vector<messages::log_restarted> outcomes;
  std::optional<snapshot_progress> progress;
  caf::strong_actor_ptr receiver;
};

constexpr std::size_t chunk_bytes = 16;

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
    node.run();
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

  void attach() {
    messages::welcome accepted;
    accepted.cluster = "cluster";
    accepted.primary = "n1";
    accepted.term = term{1};
    accepted.timeline = timeline_id{1};
    accepted.sequence = next(sequence);
    sequence = accepted.sequence;
    accepted.resume_after = position().flushed;
    caf::send_as(sender, replica->receiver,
                 messages::attach_stream{accepted, caf::actor_cast<caf::strong_actor_ptr>(sender)});
    node.run();
  }

  /// Streams what the log lacks through `last`.
  void stream_through(std::uint64_t last) {
    attach();
    for (auto at = position_quietly().durable.value; at < last; ++at) {
      messages::stream_batches what;
      what.header.term = term{1};
      what.header.timeline = timeline_id{1};
      what.header.sequence = sequence;
      what.blocks = {batches[at].bytes};
      caf::send_as(sender, replica->receiver, std::move(what));
      node.run();
    }
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
    persistence::snapshot_manifest x{
        lsn{at}, timeline_id{1}, term{1}, batches[at - 1].tail_digest, {}};
    auto bytes = state_at(at);
    for (std::size_t i = 0; i < bytes.size(); i += chunk_bytes)
      x.chunks.push_back(persistence::chunk_of(bytes.substr(i, chunk_bytes)));
    return x;
  }

  /// Tells it to get one; it asks for it then.
  void order(lsn at_least) {
    messages::snapshot_needed what{true,     "cluster", term{1},  timeline_id{1},
                                   sequence, at_least,  "horizon"};
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
  std::size_t sent_chunks = 0;
};

TEST_F(receiving, replaces_the_state_and_goes_on_behind_it) {
  ASSERT_EQ(state->through, lsn{3});
  EXPECT_TRUE(position().can_install);
  order(lsn{6});
  ASSERT_EQ(heard->requests.size(), 1u);
  EXPECT_EQ(heard->requests[0].cluster, "cluster");
  EXPECT_EQ(heard->requests[0].node, "r");
  EXPECT_EQ(heard->requests[0].at_least, lsn{6});
  serve(8);
  ASSERT_EQ(heard->outcomes.size(), 1u);
  EXPECT_EQ(heard->outcomes[0].code, errc::ok) << heard->outcomes[0].reason;
  EXPECT_TRUE(heard->staged.back().is_over);
  EXPECT_FALSE(heard->progress);
  expect_consistent(8);
  EXPECT_EQ(state->installed, 1);
  EXPECT_TRUE(staged_files().empty());
  EXPECT_EQ(position().flushed, lsn{8});
  EXPECT_EQ(position().history.back().digest, batches[7].tail_digest);
  stream_through(12);
  EXPECT_EQ(state->through, lsn{12});
  EXPECT_EQ(memory_state::bytes_of(state->through, state->records), state_at(12));
}

TEST_F(receiving, tells_how_far_it_is) {
  order(lsn{6});
  EXPECT_EQ(heard->progress->stage, "building");
  node.advance(seconds{1});
  tell(messages::snapshot_building{true, attempt(), 70, 100});
  EXPECT_EQ(heard->progress->bytes, 70u);
  offer(8);
  node.advance(seconds{1});
  send_chunk(8, 0);
  EXPECT_EQ(heard->progress->stage, "sending");
  EXPECT_EQ(heard->progress->at, lsn{8});
  EXPECT_EQ(heard->progress->bytes, chunk_bytes);
  EXPECT_EQ(heard->progress->total_bytes, state_at(8).size());
  EXPECT_EQ(heard->progress->seconds_left, (state_at(8).size() - 1) / chunk_bytes)
      << "a chunk a second";
}

// origin.md 18.71
TEST_F(receiving, goes_on_at_the_chunk_where_the_link_broke) {
  order(lsn{6});
  serve(8, 2);
  tell(messages::snapshot_refused{true, attempt(), errc::closed, "the link broke"});
  ASSERT_EQ(heard->outcomes.size(), 1u);
  EXPECT_EQ(heard->outcomes[0].code, errc::closed);
  expect_consistent(8);
  order(lsn{6});
  EXPECT_EQ(heard->requests.size(), 2u);
  serve(8);
  EXPECT_EQ(heard->staged.front().chunks, 2u);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
  EXPECT_EQ(sent_chunks, manifest_at(8).chunks.size()) << "no byte came twice";
}

TEST_F(receiving, goes_on_at_the_chunk_where_the_process_was_killed) {
  order(lsn{6});
  serve(8, 2);
  stop();
  ASSERT_FALSE(start());
  order(lsn{6});
  serve(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
  EXPECT_EQ(sent_chunks, manifest_at(8).chunks.size());
}

TEST_F(receiving, takes_no_chunk_twice_over_fifty_breaks) {
  auto count = manifest_at(12).chunks.size();
  ASSERT_GT(count, 5u);
  std::uint64_t came = 0;
  for (int breaks = 0; breaks < 50; ++breaks) {
    order(lsn{6});
    serve(12, breaks % 10 == 0 && came + 1 < count ? 1 : 0);
    EXPECT_EQ(heard->staged.front().chunks, came);
    came = heard->staged.back().chunks;
    tell(messages::snapshot_refused{true, attempt(), errc::closed, "the link broke"});
    if (breaks % 7 == 0) {
      stop();
      ASSERT_FALSE(start());
    }
  }
  EXPECT_EQ(came, 5u);
  order(lsn{6});
  serve(12);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
  EXPECT_EQ(sent_chunks, count);
  expect_consistent(12);
}

TEST_F(receiving, begins_anew_with_another_snapshot) {
  order(lsn{6});
  serve(8, 2);
  tell(messages::snapshot_refused{true, attempt(), errc::closed, "the link broke"});
  order(lsn{6});
  serve(9);
  EXPECT_EQ(heard->staged.front().chunks, 0u);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
  expect_consistent(9);
}

TEST_F(receiving, takes_nothing_of_an_earlier_attempt) {
  order(lsn{6});
  serve(8, 1);
  auto early = attempt();
  order(lsn{6});
  ASSERT_EQ(heard->outcomes.size(), 1u) << "the first attempt was answered";
  tell(messages::snapshot_chunk{true, early, 1, payload{"stale"}});
  serve(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
}

TEST_F(receiving, refuses_what_is_no_use) {
  order(lsn{6});
  offer(5);
  EXPECT_EQ(heard->outcomes.back().code, errc::pruned) << "older than the primary's log";
  order(lsn{6});
  offer(8, "another");
  EXPECT_EQ(heard->outcomes.back().code, errc::wrong_cluster);
  order(lsn{6});
  tell(messages::snapshot_offer{true, attempt(), "cluster", term{1}, "no manifest"});
  EXPECT_EQ(heard->outcomes.back().code, errc::malformed);
  EXPECT_EQ(state->installed, 0);
  expect_consistent(8);
}

TEST_F(receiving, never_gives_up_a_log_for_an_older_state) {
  order(lsn{1});
  serve(2);
  EXPECT_EQ(heard->outcomes.back().code, errc::pruned);
  EXPECT_EQ(state->installed, 0);
  expect_consistent(8);
  stream_through(5);
  EXPECT_EQ(state->through, lsn{5}) << "it goes on as it was";
}

TEST_F(receiving, gives_up_at_a_damaged_chunk_and_keeps_those_before) {
  order(lsn{6});
  serve(8, 1);
  tell(messages::snapshot_chunk{true, attempt(), 1, payload{"damaged"}});
  EXPECT_EQ(heard->outcomes.back().code, errc::corruption);
  order(lsn{6});
  serve(8);
  EXPECT_EQ(heard->staged.front().chunks, 1u);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
}

TEST_F(receiving, keeps_the_old_state_when_the_new_one_is_refused) {
  state->sink_fails = make_error(errc::corruption, "not a state");
  order(lsn{6});
  serve(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::corruption);
  expect_consistent(8);
  EXPECT_TRUE(staged_files().empty()) << "it is not tried again";
  stream_through(4);
  EXPECT_EQ(state->through, lsn{4});
}

TEST_F(receiving, has_what_came_when_there_is_room_again) {
  state->sink_fails = make_error(errc::no_space, "the volume of the state is full");
  order(lsn{6});
  serve(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::no_space);
  expect_consistent(8);
  state->sink_fails = {};
  order(lsn{6});
  offer(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok) << "not a byte was sent again";
  expect_consistent(8);
}

TEST_F(receiving, without_room_to_stage_says_so) {
  host.disk.add_fault({vfs_call::allocate, 1, errc::no_space, false});
  order(lsn{6});
  offer(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::no_space);
  EXPECT_TRUE(staged_files().empty());
}

TEST_F(receiving, gives_up_a_sender_that_is_silent) {
  order(lsn{6});
  offer(8);
  node.advance(seconds{29});
  EXPECT_TRUE(heard->outcomes.empty());
  node.advance(seconds{3});
  ASSERT_EQ(heard->outcomes.size(), 1u);
  EXPECT_EQ(heard->outcomes[0].code, errc::timed_out);
}

TEST_F(receiving, ends_with_who_sends) {
  order(lsn{6});
  offer(8);
  node.kill(sender);
  make_sender();
  order(lsn{6});
  serve(8);
  EXPECT_EQ(heard->outcomes.back().code, errc::ok);
}

TEST_F(receiving, forgets_what_nobody_wants_any_more) {
  order(lsn{6});
  serve(8, 2);
  tell(messages::snapshot_refused{true, attempt(), errc::closed, "the link broke"});
  EXPECT_FALSE(staged_files().empty());
  tell(messages::forget_snapshot{});
  EXPECT_TRUE(staged_files().empty());
}

TEST_F(receiving, is_whole_after_a_power_cut_at_any_change) {
  auto rounds = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    host.disk.power_off_at(nth);
    order(lsn{6});
    serve(8);
    auto is_cut = host.disk.is_power_off();
    stop();
    host.disk.cut_power();
    auto err = start();
    ASSERT_FALSE(err) << describe(err) << " after change " << nth;
    expect_consistent(8);
    if (HasFailure())
      FAIL() << "after change " << nth;
    if (state->through != lsn{8}) {
      order(lsn{6});
      serve(8);
      EXPECT_EQ(heard->outcomes.back().code, errc::ok) << heard->outcomes.back().reason;
      expect_consistent(8);
    }
    if (!is_cut)
      break;
    ++rounds;
    // Another replica, for the next cut.
    stop();
    for (const auto& path : host.disk.files())
      host.disk.erase(path);
    *state = memory_state{};
    sequence = {};
    ASSERT_FALSE(start());
    stream_through(3);
  }
  EXPECT_GT(rounds, 20);
}

TEST_F(receiving, brings_up_a_state_that_is_behind_from_its_log) {
  stop();
  *state = memory_state{};
  ASSERT_FALSE(start());
  EXPECT_FALSE(position().wants_snapshot);
  stream_through(4);
  EXPECT_EQ(state->through, lsn{4});
}

TEST_F(receiving, wants_another_when_its_log_begins_behind_its_state) {
  order(lsn{6});
  serve(8);
  stop();
  *state = memory_state{};
  ASSERT_FALSE(start());
  EXPECT_TRUE(position().wants_snapshot);
  order(lsn{8});
  serve(9);
  ASSERT_EQ(heard->outcomes.back().code, errc::ok);
  EXPECT_FALSE(position().wants_snapshot);
  expect_consistent(9);
}

// A deposed primary whose state holds what is on no timeline of its successor.
TEST_F(receiving, is_cut_below_its_state_and_wants_another) {
  messages::rewind told{true, "cluster", term{2}, sequence, lsn{2}, batches[1].tail_digest};
  auto done = node.ask<messages::log_restarted>(replica->receiver, told);
  ASSERT_TRUE(done);
  ASSERT_EQ(done->code, errc::ok) << done->reason;
  EXPECT_TRUE(position().wants_snapshot);
  stop();
  ASSERT_FALSE(start());
  EXPECT_TRUE(position().wants_snapshot) << "a later life knows it";
  auto candidacy = node.ask<messages::candidacy>(replica->receiver, messages::get_candidacy{});
  EXPECT_NE(candidacy->obstacle.find("snapshot"), std::string::npos);
  messages::snapshot_needed what{true,     "cluster", term{2},   timeline_id{2},
                                 sequence, lsn{2},    "diverged"};
  caf::send_as(
      sender, replica->snapshots,
      messages::fetch_snapshot{what, caf::actor_cast<messages::snapshot_gate_actor>(sender)});
  node.run();
  serve(8);
  ASSERT_EQ(heard->outcomes.back().code, errc::ok) << heard->outcomes.back().reason;
  EXPECT_FALSE(position().wants_snapshot);
  EXPECT_EQ(position().term, term{2});
  stop();
  ASSERT_FALSE(start());
  EXPECT_FALSE(position().wants_snapshot);
  EXPECT_EQ(state->through, lsn{8});
}

TEST_F(receiving, is_not_opened_without_what_could_replace_its_state) {
  messages::rewind told{true, "cluster", term{2}, sequence, lsn{2}, batches[1].tail_digest};
  ASSERT_TRUE(node.ask<messages::log_restarted>(replica->receiver, told));
  stop();
  has_sink = false;
  auto err = start();
  EXPECT_EQ(code_of(err), errc::diverged);
  EXPECT_NE(context_of(err).find("snapshot"), std::string::npos);
}

} // namespace
} // namespace sluice::test
