#include "test/support/primary_under_test.hpp"

namespace sluice::test {

primary_under_test::primary_under_test(primary_choices choices) : choices_(std::move(choices)) {
  state_.node = primary_name;
  state_.cluster = cluster_name;
  state_.role = persistence::node_role::primary;
  state_.storage = storage_id{77};
  state_.incarnation = incarnation{1};
  state_.term = term{1};
  state_.timeline = timeline_id{1};
  if (!choices_.history.empty()) {
    state_.history = choices_.history;
    state_.term = choices_.history.back().term;
    state_.timeline = choices_.history.back().id;
  }
  state_.members = choices_.members;
  state_.members_version = choices_.members.empty() ? 0 : 1;
  start();
}

primary_under_test::~primary_under_test() {
  stop();
}

void primary_under_test::start() {
  auto context = host_.context(primary_name);
  auto opened = persistence::spool::open(host_.disk, data_directory, choices_.spool, {cluster_name},
                                         actors::environment_of(context));
  if (!opened)
    throw std::runtime_error(describe(opened.error()));
  actors::primary_setup setup;
  setup.context = context;
  setup.state = state_;
  if (choices_.keeps_state)
    setup.store = std::make_shared<persistence::node_state_store>(host_.disk, data_directory);
  setup.spool = std::move(*opened);
  setup.spool_options = choices_.spool;
  setup.reopen = [this, context]() -> caf::expected<std::shared_ptr<persistence::spool>> {
    auto again = persistence::spool::open(host_.disk, data_directory, choices_.spool,
                                          {cluster_name}, actors::environment_of(context));
    if (!again)
      return again.error();
    return std::shared_ptr<persistence::spool>{std::move(*again)};
  };
  setup.floor = choices_.floor;
  if (!choices_.members.empty())
    setup.declared = *replication::members::make(choices_.members);
  setup.writer = choices_.writer;
  setup.buffer = choices_.buffer;
  setup.gate = choices_.gate;
  setup.replicas_max = choices_.replicas_max;
  setup.catalog = std::make_shared<persistence::slot_catalog>(host_.disk, data_directory);
  std::string warning;
  auto slots = setup.catalog->load(state_.incarnation > incarnation{1}, warning);
  if (!slots)
    throw std::runtime_error(describe(slots.error()));
  if (state_.incarnation == incarnation{1})
    if (auto err = setup.catalog->store(*slots))
      throw std::runtime_error(describe(err));
  setup.slots = std::move(*slots);
  setup.slot_limits = choices_.slots;
  setup.applier = choices_.applier;
  setup.snapshots = choices_.snapshots;
  setup.snapshot = choices_.snapshot;
  actors_ = actors::spawn_primary(node_.system(), std::move(setup));
  node_.run();
}

void primary_under_test::stop() {
  node_.kill(actors_.supervisor);
  actors_ = {};
  node_.run();
}

void primary_under_test::restart() {
  stop();
  state_.incarnation = next(state_.incarnation);
  start();
}

answer_ptr primary_under_test::submit(append request) {
  auto into = std::make_shared<answer>();
  caf::anon_send(actors_.writer, messages::submit_append{
                                     std::make_shared<recorded_append>(std::move(request), into)});
  return into;
}

answer_ptr primary_under_test::append_now(append request) {
  auto into = submit(std::move(request));
  node_.run();
  return into;
}

void primary_under_test::fill(std::size_t count, std::size_t bytes) {
  for (std::size_t i = 0; i < count; ++i)
    EXPECT_EQ(append_now(append_of({std::string(bytes, 'f')}))->times, 1u);
}

node_status primary_under_test::status() {
  auto reply = node_.ask<messages::status_reply>(actors_.gate, messages::status_request{});
  EXPECT_TRUE(reply);
  return reply ? reply->status : node_status{};
}

messages::log_positions primary_under_test::positions() {
  auto found = node_.ask<messages::log_positions>(actors_.writer, messages::get_log_positions{});
  EXPECT_TRUE(found);
  return found ? *found : messages::log_positions{};
}

std::vector<record> primary_under_test::read(lsn after) {
  std::vector<record> all;
  while (true) {
    messages::read_request request;
    request.after = after;
    auto reply = node_.ask<messages::read_reply>(actors_.reader, request);
    EXPECT_TRUE(reply && reply->code == errc::ok);
    if (!reply || reply->records.empty())
      return all;
    after = reply->records.back().lsn;
    all.insert(all.end(), reply->records.begin(), reply->records.end());
  }
}

messages::log_closed primary_under_test::close() {
  auto closed = node_.ask<messages::log_closed>(actors_.supervisor, messages::close_node{});
  EXPECT_TRUE(closed);
  return closed ? *closed : messages::log_closed{};
}

} // namespace sluice::test
