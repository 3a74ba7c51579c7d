#include "messages/type_ids.hpp"
#include "test/messages/samples.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <gtest/gtest.h>

/// Every wire message arrives as it was sent, through its protobuf twin and through CAF.
namespace sluice::test {

namespace {

template <class T>
std::vector<char> bytes_of(T x) {
  std::vector<char> bytes;
  caf::binary_serializer sink{nullptr, bytes};
  auto err = sink(x);
  EXPECT_FALSE(err);
  return bytes;
}

template <class T>
T sent_and_received(const T& x) {
  auto bytes = bytes_of(x);
  caf::binary_deserializer source{nullptr, bytes};
  T received;
  auto err = source(received);
  EXPECT_FALSE(err);
  EXPECT_EQ(source.remaining(), 0u);
  return received;
}

std::string joined(const std::vector<payload>& blocks) {
  std::string all;
  for (const auto& block : blocks)
    all += block.view();
  return all;
}

TEST(wire, carries_a_hello) {
  EXPECT_EQ(sent_and_received(a_hello()), a_hello());
}

TEST(wire, carries_a_welcome) {
  EXPECT_EQ(sent_and_received(a_welcome()), a_welcome());
}

TEST(wire, carries_a_rejection) {
  EXPECT_EQ(sent_and_received(a_rejected()), a_rejected());
}

TEST(wire, carries_a_rebootstrap) {
  EXPECT_EQ(sent_and_received(a_rebootstrap()), a_rebootstrap());
}

TEST(wire, carries_a_rewind) {
  EXPECT_EQ(sent_and_received(a_rewind()), a_rewind());
  auto whole = a_rewind();
  whole.through = no_lsn;
  EXPECT_EQ(sent_and_received(whole), whole);
}

TEST(wire, carries_what_is_said_of_a_snapshot) {
  EXPECT_EQ(sent_and_received(a_snapshot_needed()), a_snapshot_needed());
  EXPECT_EQ(sent_and_received(a_snapshot_request()), a_snapshot_request());
  EXPECT_EQ(sent_and_received(a_snapshot_refused()), a_snapshot_refused());
  EXPECT_EQ(sent_and_received(a_snapshot_building()), a_snapshot_building());
  EXPECT_EQ(sent_and_received(a_snapshot_offer()), a_snapshot_offer());
  EXPECT_EQ(sent_and_received(a_snapshot_chunk()), a_snapshot_chunk());
  EXPECT_EQ(sent_and_received(a_snapshot_staged()), a_snapshot_staged());
}

TEST(wire, refuses_a_chunk_without_bytes) {
  auto empty = a_snapshot_chunk();
  empty.bytes = {};
  EXPECT_FALSE(sent_and_received(empty).well_formed);
}

TEST(wire, carries_a_rejection_with_a_long_reason) {
  auto x = a_rejected();
  x.reason = std::string(100'000, 'r');
  auto received = sent_and_received(x);
  EXPECT_TRUE(received.well_formed);
  EXPECT_EQ(received.code, errc::diverged);
}

TEST(wire, carries_a_reason_that_is_not_utf8) {
  auto refused = a_rejected();
  refused.reason = "open: /data/\xFF\xFE: no";
  EXPECT_TRUE(sent_and_received(refused).well_formed);
  messages::committed_many answers;
  answers.items = {{1, append_failed{errc::io_error, "open: /data/\xFF", {}}}};
  EXPECT_TRUE(sent_and_received(answers).well_formed);
}

TEST(wire, carries_an_ack) {
  EXPECT_EQ(sent_and_received(a_replica_ack()), a_replica_ack());
}

TEST(wire, carries_a_heartbeat) {
  messages::heartbeat x{true, a_stream_header()};
  EXPECT_EQ(sent_and_received(x), x);
}

TEST(wire, carries_client_greetings) {
  EXPECT_EQ(sent_and_received(a_client_hello()), a_client_hello());
  EXPECT_EQ(sent_and_received(a_client_welcome()), a_client_welcome());
}

TEST(wire, carries_outcomes_of_every_kind) {
  EXPECT_EQ(sent_and_received(a_committed_many()), a_committed_many());
}

TEST(wire, carries_reads) {
  EXPECT_EQ(sent_and_received(a_read_request()), a_read_request());
  EXPECT_EQ(sent_and_received(a_read_reply()), a_read_reply());
}

TEST(wire, carries_status) {
  EXPECT_TRUE(sent_and_received(messages::status_request{}).well_formed);
  auto received = sent_and_received(a_status_reply());
  EXPECT_TRUE(received.well_formed);
  EXPECT_EQ(encode(received), encode(a_status_reply()));
  EXPECT_EQ(received.status.replicas.at(0).lag_seconds, 0.5);
  EXPECT_EQ(received.status.slots, a_status_reply().status.slots);
}

TEST(wire, carries_control_requests_and_what_became_of_them) {
  EXPECT_EQ(sent_and_received(a_control_request()), a_control_request());
  EXPECT_EQ(sent_and_received(a_control_reply()), a_control_reply());
}

TEST(wire, carries_grants_and_what_was_said_to_them) {
  EXPECT_EQ(sent_and_received(a_grant_request()), a_grant_request());
  EXPECT_EQ(sent_and_received(a_grant_reply()), a_grant_reply());
}

TEST(wire, leaves_a_command_of_a_newer_version_to_be_refused) {
  auto request = a_control_request();
  request.command = static_cast<messages::control_command>(99);
  EXPECT_EQ(sent_and_received(request), request);
}

TEST(wire, carries_the_topology) {
  EXPECT_EQ(sent_and_received(a_topology_reply()), a_topology_reply());
  messages::topology_seen seen{true, {term{5}, incarnation{6}, 7}};
  EXPECT_EQ(sent_and_received(seen), seen);
  EXPECT_TRUE(sent_and_received(messages::topology_request{}).well_formed);
  EXPECT_TRUE(sent_and_received(messages::topology_subscribe{}).well_formed);
}

TEST(wire, carries_several_blocks_as_one) {
  messages::stream_batches x;
  x.header = a_stream_header();
  x.blocks = {payload{"first"}, payload{"second"}, payload{"third"}};
  auto received = sent_and_received(x);
  EXPECT_TRUE(received.well_formed);
  EXPECT_EQ(received.header, x.header);
  EXPECT_EQ(joined(received.blocks), "firstsecondthird");
}

TEST(wire, carries_16_mib) {
  messages::stream_batches x;
  x.header = a_stream_header();
  x.blocks = {payload{std::string(16 * 1024 * 1024, 'x')}, payload{"y"}};
  auto received = sent_and_received(x);
  EXPECT_TRUE(received.well_formed);
  EXPECT_EQ(joined(received.blocks).size(), 16u * 1024 * 1024 + 1);
}

TEST(wire, carries_appends_with_empty_records_and_options) {
  auto x = an_append_many();
  auto received = sent_and_received(x);
  ASSERT_TRUE(received.well_formed);
  ASSERT_EQ(received.items.size(), x.items.size());
  for (std::size_t i = 0; i < x.items.size(); ++i) {
    EXPECT_EQ(received.items[i].ticket, x.items[i].ticket);
    EXPECT_EQ(received.items[i].what.records, x.items[i].what.records);
    const auto& options = received.items[i].what.options;
    EXPECT_EQ(options.policy, x.items[i].what.options.policy);
    EXPECT_EQ(options.timeout, x.items[i].what.options.timeout);
    EXPECT_EQ(options.expected_lsn, x.items[i].what.options.expected_lsn);
    EXPECT_EQ(options.producer, x.items[i].what.options.producer);
  }
}

TEST(wire, carries_several_messages_one_after_the_other) {
  std::vector<char> bytes;
  caf::binary_serializer sink{nullptr, bytes};
  auto ack = a_replica_ack();
  auto read = a_read_reply();
  EXPECT_FALSE(sink(ack, read));
  messages::replica_ack first;
  messages::read_reply second;
  caf::binary_deserializer source{nullptr, bytes};
  EXPECT_FALSE(source(first, second));
  EXPECT_EQ(first, ack);
  EXPECT_EQ(second, read);
}

} // namespace

} // namespace sluice::test
