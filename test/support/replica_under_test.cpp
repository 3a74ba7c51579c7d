#include "test/support/replica_under_test.hpp"

#include "actors/log_reader.hpp"
#include "actors/replica_applier.hpp"
#include "persistence/spool_reader.hpp"

#include <caf/event_based_actor.hpp>

namespace sluice::test {

namespace {

persistence::spool_options small_segments() {
  persistence::spool_options options;
  options.segment_bytes = 64 * 1024;
  return options;
}

std::unique_ptr<persistence::spool> open_log(machine& host) {
  auto opened = persistence::spool::open(host.disk, data_directory, small_segments(), {"cluster"},
                                         {&host.wall, &host.random});
  if (!opened)
    throw std::runtime_error(describe(opened.error()));
  return std::move(*opened);
}

} // namespace

batch_source::batch_source() : host_(99) {
  reopen();
}

void batch_source::reopen() {
  spool_.reset();
  spool_ = open_log(host_);
}

frame_batch batch_source::make(std::vector<std::string> records, sluice::term written_in) {
  persistence::append_entry entry;
  for (auto& bytes : records)
    entry.records.push_back(payload::take(std::move(bytes)));
  std::vector entries{std::move(entry)};
  auto batch = spool_->append(entries, written_in, timeline_id{1});
  if (!batch)
    throw std::runtime_error(describe(batch.error()));
  return last_ = *batch;
}

void batch_source::rewrite_tail() {
  auto end = spool_->durable_lsn();
  host_.disk.cut_power_losing_all();
  for (const auto& file : host_.disk.files())
    host_.disk.erase(file);
  reopen();
  for (auto i = lsn{1}; i <= end; i = next(i))
    make({"another " + to_string(i)});
}

void batch_source::rewind(lsn through) {
  auto reader = persistence::spool_reader::open(host_.disk, data_directory);
  auto kept = (*reader)->read_batches(no_lsn, through, {});
  if (!kept)
    throw std::runtime_error(describe(kept.error()));
  spool_.reset();
  for (const auto& file : host_.disk.files())
    host_.disk.erase(file);
  reopen();
  if (auto err = spool_->append_verbatim(*kept))
    throw std::runtime_error(describe(err));
}

class replica_under_test::recording_applier final : public sluice::applier {
public:
  explicit recording_applier(std::shared_ptr<applied_records> into) : into_(std::move(into)) {}

  lsn applied() override { return into_->through; }

  caf::error apply(std::span<const record> records) override {
    if (into_->fails)
      return make_error(errc::io_error, "told to fail");
    for (const auto& entry : records) {
      if (entry.lsn != next(into_->through))
        return make_error(errc::corruption, "a gap");
      into_->records.emplace_back(entry.bytes.view());
      into_->through = entry.lsn;
    }
    return caf::none;
  }

private:
  std::shared_ptr<applied_records> into_;
};

replica_under_test::replica_under_test(with_applier applies, actors::buffer_limits buffer)
    : applies_(applies), buffer_limits_(buffer) {
  auto into = heard_;
  peer_ = node_.keep(node_.system().spawn([into](caf::event_based_actor*) -> caf::behavior {
    return {
        [into](const messages::replica_ack& x) { into->acks.push_back(x); },
        [into](const messages::stream_broken& x) { into->broken.push_back(x); },
        [](const messages::stream_heard&) {},
    };
  }));
  start();
}

replica_under_test::~replica_under_test() {
  stop();
}

void replica_under_test::start() {
  auto context = host_.context("r");
  auto store = std::make_shared<persistence::node_state_store>(host_.disk, data_directory);
  std::string warning;
  auto loaded = store->load(warning);
  if (!loaded)
    throw std::runtime_error(describe(loaded.error()));
  persistence::node_state state;
  if (*loaded)
    state = **loaded;
  state.node = "r";
  state.role = persistence::node_role::replica;
  state.storage = storage_id{5};
  state.incarnation = next(state.incarnation);
  if (auto err = store->store(state))
    throw std::runtime_error(describe(err));
  std::shared_ptr<persistence::spool> spool;
  if (!state.cluster.empty())
    spool = open_log(host_);
  auto oldest = spool ? spool->oldest_lsn() : no_lsn;
  auto durable = spool ? spool->durable_lsn() : no_lsn;
  auto reader = actors::spawn_log_reader(node_.system(), context);
  buffer_ =
      actors::spawn_wal_buffer(node_.system(), {context, buffer_limits_, oldest, durable, reader});
  const auto& buffer = buffer_;
  auto preparer = actors::spawn_segment_preparer(node_.system(), context);
  receiver_ = actors::spawn_replica_receiver(
      node_.system(), {context, {}, small_segments(), spool, store, state, buffer, preparer});
  others_ = {caf::actor_cast<caf::strong_actor_ptr>(reader),
             caf::actor_cast<caf::strong_actor_ptr>(buffer),
             caf::actor_cast<caf::strong_actor_ptr>(preparer)};
  if (applies_ == with_applier::yes) {
    auto applier = actors::spawn_replica_applier(
        node_.system(),
        {context, std::make_shared<recording_applier>(applied_), buffer, receiver_});
    auto handle = caf::actor_cast<caf::strong_actor_ptr>(applier);
    caf::anon_send(receiver_, messages::attach_applier{handle});
    others_.push_back(handle);
  }
  node_.run();
}

void replica_under_test::stop() {
  node_.kill(receiver_);
  receiver_ = nullptr;
  for (const auto& other : others_)
    node_.kill(caf::actor_cast<caf::actor>(other));
  others_.clear();
}

void replica_under_test::restart() {
  stop();
  start();
}

messages::welcome replica_under_test::welcome_of(sluice::term current) {
  messages::welcome accepted;
  accepted.cluster = "cluster";
  accepted.primary = "n1";
  accepted.term = current;
  accepted.timeline = timeline_id{1};
  accepted.sequence = next(accepted_.sequence);
  accepted.resume_after = position().flushed;
  accepted.timelines = {{timeline_id{1}, {}, {}, {}, term{1}, "n1"}};
  return accepted;
}

void replica_under_test::attach(messages::welcome accepted) {
  accepted_ = accepted;
  caf::send_as(
      peer_, receiver_,
      messages::attach_stream{std::move(accepted), caf::actor_cast<caf::strong_actor_ptr>(peer_)});
  node_.run();
}

messages::stream_header replica_under_test::header() const {
  messages::stream_header x;
  x.term = accepted_.term;
  x.timeline = accepted_.timeline;
  x.sequence = accepted_.sequence;
  return x;
}

void replica_under_test::send(const frame_batch& batch) {
  messages::stream_batches what;
  what.header = header();
  what.blocks = {batch.bytes};
  caf::send_as(peer_, receiver_, std::move(what));
}

void replica_under_test::stream(const frame_batch& batch) {
  send(batch);
  node_.run();
}

void replica_under_test::tell(messages::stream_batches what) {
  caf::send_as(peer_, receiver_, std::move(what));
  node_.run();
}

void replica_under_test::commit_through(lsn commit) {
  auto told = header();
  told.commit = commit;
  tell(messages::heartbeat{true, told});
}

void replica_under_test::tell(const messages::heartbeat& what) {
  caf::send_as(peer_, receiver_, what);
  node_.run();
}

messages::log_positions replica_under_test::log() {
  auto at = node_.ask<messages::log_positions>(receiver_, messages::get_log_positions{});
  EXPECT_TRUE(at);
  return at ? *at : messages::log_positions{};
}

messages::join_position replica_under_test::position() {
  auto at = node_.ask<messages::join_position>(receiver_, messages::get_join_position{});
  EXPECT_TRUE(at);
  return at ? *at : messages::join_position{};
}

messages::log_restarted replica_under_test::restart_log(const messages::rebootstrap& told) {
  auto done = node_.ask<messages::log_restarted>(receiver_, told);
  EXPECT_TRUE(done);
  return done ? *done : messages::log_restarted{errc::closed, {}};
}

messages::log_restarted replica_under_test::rewind_log(const messages::rewind& told) {
  auto done = node_.ask<messages::log_restarted>(receiver_, told);
  EXPECT_TRUE(done);
  return done ? *done : messages::log_restarted{errc::closed, {}};
}

std::vector<record> replica_under_test::read(lsn after) {
  std::vector<record> all;
  auto durable = log().durable;
  while (after < durable) {
    messages::read_batches request;
    request.after = after;
    request.through = durable;
    auto found = node_.ask<messages::batches_read>(buffer_, request);
    EXPECT_TRUE(found);
    if (!found || found->batches->empty())
      return all;
    for (const auto& batch : *found->batches) {
      auto records = persistence::decode_records(batch, after, durable);
      EXPECT_TRUE(records);
      all.insert(all.end(), records->begin(), records->end());
      after = batch.last;
    }
  }
  return all;
}

messages::replica_ack replica_under_test::last_ack() const {
  return acks().empty() ? messages::replica_ack{} : acks().back();
}

} // namespace sluice::test
