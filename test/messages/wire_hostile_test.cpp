#include "messages/type_ids.hpp"
#include "test/messages/samples.hpp"

#include "wire.pb.h"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <gtest/gtest.h>

#include <random>

#include <sys/resource.h>

/// What is not a message is said to be none; nothing throws and nothing claims memory for
/// what did not arrive.
namespace sluice::test {

namespace {

template <class T>
std::vector<char> bytes_of(T x) {
  std::vector<char> bytes;
  caf::binary_serializer sink{nullptr, bytes};
  EXPECT_FALSE(sink(x));
  return bytes;
}

/// Neither a throw nor, when CAF goes on, anything but "not well formed" or a message.
template <class T>
void receive(const std::vector<char>& bytes) {
  caf::binary_deserializer source{nullptr, bytes};
  T received;
  EXPECT_NO_THROW(static_cast<void>(source(received)));
}

template <class T>
void receive_damaged(const T& x, std::mt19937_64& random) {
  auto bytes = bytes_of(x);
  for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 20)
    receive<T>({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)});
  for (int i = 0; i < 300; ++i) {
    auto damaged = bytes;
    for (auto flips = 1 + random() % 4; flips > 0 && !damaged.empty(); --flips)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    receive<T>(damaged);
  }
}

TEST(wire, survives_damage_to_any_message) {
  std::mt19937_64 random{4711};
  receive_damaged(a_hello(), random);
  receive_damaged(a_welcome(), random);
  receive_damaged(a_rejected(), random);
  receive_damaged(a_rebootstrap(), random);
  receive_damaged(a_rewind(), random);
  receive_damaged(a_snapshot_needed(), random);
  receive_damaged(a_snapshot_request(), random);
  receive_damaged(a_snapshot_refused(), random);
  receive_damaged(a_snapshot_building(), random);
  receive_damaged(a_snapshot_offer(), random);
  receive_damaged(a_snapshot_chunk(), random);
  receive_damaged(a_snapshot_staged(), random);
  receive_damaged(a_replica_ack(), random);
  receive_damaged(messages::heartbeat{true, a_stream_header()}, random);
  receive_damaged(a_client_hello(), random);
  receive_damaged(a_client_welcome(), random);
  receive_damaged(an_append_many(), random);
  receive_damaged(a_committed_many(), random);
  receive_damaged(a_read_request(), random);
  receive_damaged(a_read_reply(), random);
  receive_damaged(a_status_reply(), random);
  receive_damaged(a_topology_reply(), random);
  receive_damaged(a_control_request(), random);
  receive_damaged(a_control_reply(), random);
  receive_damaged(a_grant_request(), random);
  receive_damaged(a_grant_reply(), random);
  messages::stream_batches batches;
  batches.blocks = {payload{"block"}};
  receive_damaged(batches, random);
}

template <class T>
bool is_understood(const std::string& twin) {
  T x;
  return decode(twin, x);
}

TEST(wire, understands_no_garbage) {
  std::string garbage = "\xFF\xFF\xFF\xFF garbage";
  EXPECT_FALSE(is_understood<messages::hello>(garbage));
  EXPECT_FALSE(is_understood<messages::welcome>(garbage));
  EXPECT_FALSE(is_understood<messages::rejected>(garbage));
  EXPECT_FALSE(is_understood<messages::replica_ack>(garbage));
  EXPECT_FALSE(is_understood<messages::heartbeat>(garbage));
  EXPECT_FALSE(is_understood<messages::client_hello>(garbage));
  EXPECT_FALSE(is_understood<messages::client_welcome>(garbage));
  EXPECT_FALSE(is_understood<messages::committed_many>(garbage));
  EXPECT_FALSE(is_understood<messages::read_request>(garbage));
  EXPECT_FALSE(is_understood<messages::status_reply>(garbage));
  EXPECT_FALSE(is_understood<messages::control_request>(garbage));
  EXPECT_FALSE(is_understood<messages::control_reply>(garbage));
  EXPECT_FALSE(is_understood<messages::grant_request>(garbage));
  EXPECT_FALSE(is_understood<messages::grant_reply>(garbage));
}

TEST(wire, marks_what_it_cannot_understand) {
  std::vector<char> bytes;
  caf::binary_serializer sink{nullptr, bytes};
  std::string garbage = "\xFF\xFF\xFF\xFF";
  EXPECT_FALSE(sink(garbage));
  caf::binary_deserializer source{nullptr, bytes};
  auto received = a_hello();
  EXPECT_FALSE(source(received));
  EXPECT_FALSE(received.well_formed);
  EXPECT_EQ(received.identity.node, "");
}

/// The serialized length of a message that claims `claimed` bytes and has none.
std::vector<char> claiming(std::uint64_t claimed) {
  std::vector<char> bytes;
  caf::binary_serializer sink{nullptr, bytes};
  auto size = static_cast<std::size_t>(claimed);
  EXPECT_FALSE(sink.begin_sequence(size));
  return bytes;
}

std::uint64_t peak_kibibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss);
}

TEST(wire, allocates_nothing_for_a_length_that_is_only_claimed) {
  auto before = peak_kibibytes();
  for (auto claimed : {std::uint64_t{1000}, messages::message_bytes_max,
                       messages::message_bytes_max + 1, std::uint64_t{UINT32_MAX}}) {
    auto bytes = claiming(claimed);
    caf::binary_deserializer source{nullptr, bytes};
    messages::hello received;
    EXPECT_TRUE(source(received)) << claimed;
  }
  EXPECT_LT(peak_kibibytes() - before, 16u * 1024);
}

TEST(wire, takes_no_more_records_than_an_append_may_have) {
  wire::AppendHeader twin;
  auto* item = twin.add_items();
  item->set_timeout_ms(1000);
  for (int i = 0; i < 3'000'000; ++i)
    item->add_record_bytes(0);
  messages::append_many x;
  EXPECT_FALSE(decode(twin.SerializeAsString(), payload{}, x));
}

TEST(wire, takes_no_message_of_more_fields_than_anybody_sends) {
  wire::AppendHeader twin;
  for (int i = 0; i < 1'000'000; ++i)
    twin.add_items()->set_timeout_ms(1000);
  messages::append_many x;
  EXPECT_TRUE(decode(twin.SerializeAsString(), payload{}, x));
  twin.add_items()->set_timeout_ms(1000);
  EXPECT_FALSE(decode(twin.SerializeAsString(), payload{}, x));
}

TEST(wire, takes_payloads_only_when_their_lengths_add_up) {
  auto twin = encode(an_append_many());
  messages::append_many x;
  EXPECT_TRUE(decode(twin, payload{std::string("a\0bc", 4)}, x));
  EXPECT_FALSE(decode(twin, payload{"a"}, x));
  EXPECT_FALSE(decode(twin, payload{"abcdefghij"}, x));
  messages::stream_batches batches;
  EXPECT_FALSE(decode(encode(messages::stream_batches{}), payload{}, batches));
}

TEST(wire, takes_no_length_that_wraps_around) {
  wire::AppendHeader twin;
  auto* item = twin.add_items();
  item->set_timeout_ms(1000);
  item->add_record_bytes(UINT64_MAX);
  item->add_record_bytes(2);
  messages::append_many x;
  EXPECT_FALSE(decode(twin.SerializeAsString(), payload{"a"}, x));
}

TEST(wire, passes_over_fields_of_a_newer_version) {
  auto twin = encode(a_hello());
  // Field 100, a varint; field 101, a string: unknown to this version.
  twin += std::string("\xA0\x06\x01", 3) + std::string("\xAA\x06\x03new", 6);
  messages::hello x;
  ASSERT_TRUE(decode(twin, x));
  EXPECT_EQ(x, a_hello());
}

// Where RedDB's blob has a version tag, a length and a trailing
// block, unknown fields are passed over here and missing ones take their defaults.
TEST(wire, understands_the_topology_of_its_neighbours) {
  auto newer = encode(a_topology_reply());
  newer += std::string("\xA0\x06\x01", 3) + std::string("\xAA\x06\x03new", 6);
  messages::topology_reply x;
  ASSERT_TRUE(decode(newer, x));
  EXPECT_EQ(x, a_topology_reply());
  wire::TopologyReply older;
  older.set_cluster("cluster-1");
  older.add_replicas()->set_id("r1");
  messages::topology_reply y;
  ASSERT_TRUE(decode(older.SerializeAsString(), y));
  EXPECT_EQ(y.topology.replicas.at(0).id, "r1");
  EXPECT_FALSE(y.topology.replicas.at(0).rebootstrapping);
  EXPECT_EQ(y.topology.epoch, topology_epoch{});
}

TEST(wire, takes_no_part_of_a_topology_for_the_whole) {
  auto twin = encode(a_topology_reply());
  messages::topology_reply x;
  EXPECT_FALSE(decode(twin.substr(0, twin.size() - 1), x));
  auto nameless = a_topology_reply();
  nameless.topology.replicas[0].id = "../etc";
  EXPECT_FALSE(decode(encode(nameless), x));
  auto senseless = a_topology_reply();
  senseless.topology.replicas[0].lag_seconds = -1;
  EXPECT_FALSE(decode(encode(senseless), x));
}

TEST(wire, takes_defaults_for_fields_that_an_older_version_lacks) {
  wire::Hello older;
  older.set_protocol(1);
  older.mutable_identity()->set_node("n");
  messages::hello x;
  ASSERT_TRUE(decode(older.SerializeAsString(), x));
  EXPECT_EQ(x.identity.node, "n");
  EXPECT_EQ(x.flushed, no_lsn);
  EXPECT_TRUE(x.history.empty());
}

/// Who embeds sluice has one stderr, and a peer must not be able to write on it.
TEST(wire, complains_to_nobody_of_texts_that_are_no_utf8) {
  const std::string text = "\xFF\xFE";
  testing::internal::CaptureStderr();
  auto greeting = a_hello();
  greeting.identity.node = text;
  messages::hello x;
  EXPECT_FALSE(decode(encode(greeting), x));
  for (auto field :
       {&messages::hello::cluster, &messages::hello::region, &messages::hello::endpoint}) {
    greeting = a_hello();
    greeting.*field = text;
    EXPECT_FALSE(decode(encode(greeting), x));
  }
  auto status = a_status_reply();
  status.status.primary = text;
  messages::status_reply known;
  EXPECT_TRUE(decode(encode(status), known));
  messages::control_request asked;
  EXPECT_TRUE(decode(encode(messages::control_request{true, {}, text, {}}), asked));
  EXPECT_EQ(asked.subject, text) << "for the receiver to refuse";
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(wire, takes_a_time_that_no_clock_can_count_for_the_longest) {
  messages::control_request x;
  messages::control_request endless{true, {}, "r", {{}, {}, std::chrono::milliseconds::max()}};
  ASSERT_TRUE(decode(encode(endless), x));
  EXPECT_EQ(x.limits.idle_timeout, std::chrono::milliseconds{INT64_MAX / 1'000'000});
}

TEST(wire, refuses_values_out_of_their_bounds) {
  messages::hello x;
  auto long_name = a_hello();
  long_name.identity.node = std::string(65, 'n');
  EXPECT_FALSE(decode(encode(long_name), x));
  auto long_history = a_hello();
  long_history.history.resize(65);
  EXPECT_FALSE(decode(encode(long_history), x));
  messages::welcome greeted;
  auto bad_member = a_welcome();
  bad_member.members = {"../etc"};
  EXPECT_FALSE(decode(encode(bad_member), greeted));
  messages::read_request read;
  auto endless = a_read_request();
  endless.wait_ms = UINT64_MAX;
  EXPECT_FALSE(decode(encode(endless), read));
  auto hasty = an_append_many();
  hasty.items.front().what.options.timeout = std::chrono::milliseconds{0};
  messages::append_many many;
  EXPECT_FALSE(decode(encode(hasty), payload{std::string("a\0bc", 4)}, many));
  messages::rebootstrap told;
  auto much_told = a_rebootstrap();
  much_told.producers.resize(messages::producers_bytes_max + 1);
  EXPECT_FALSE(decode(encode(much_told), told));
}

TEST(wire, refuses_a_policy_that_it_does_not_know) {
  wire::AppendHeader twin;
  auto* item = twin.add_items();
  item->set_timeout_ms(1000);
  item->set_policy("almost");
  messages::append_many x;
  EXPECT_FALSE(decode(twin.SerializeAsString(), payload{}, x));
}

} // namespace

} // namespace sluice::test
