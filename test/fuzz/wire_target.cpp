#include "test/fuzz/targets.hpp"

#include "messages/type_ids.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <vector>

namespace sluice::test {

namespace {

using bytes = std::vector<char>;

template <class T>
bytes sent(T& x) {
  bytes result;
  caf::binary_serializer sink{nullptr, result};
  require(!sink(x), "what was received can be sent on");
  return result;
}

/// Floating point may hold what is not equal to itself, so messages are compared as bytes.
template <class T>
bool receive(const bytes& arrived) {
  caf::binary_deserializer source{nullptr, arrived};
  T x;
  if (source(x) || !x.well_formed)
    return false;
  auto once = sent(x);
  caf::binary_deserializer second_source{nullptr, once};
  T again;
  require(!second_source(again), "a message that was sent on arrives");
  require(again.well_formed, "a message that was sent on is understood");
  require(sent(again) == once, "a message that was sent on is the same");
  return true;
}

constexpr bool (*receivers[])(const bytes&) = {
    receive<messages::hello>,
    receive<messages::welcome>,
    receive<messages::rejected>,
    receive<messages::replica_ack>,
    receive<messages::stream_batches>,
    receive<messages::heartbeat>,
    receive<messages::client_hello>,
    receive<messages::client_welcome>,
    receive<messages::append_many>,
    receive<messages::committed_many>,
    receive<messages::read_request>,
    receive<messages::read_reply>,
    receive<messages::status_request>,
    receive<messages::status_reply>,
    receive<messages::control_request>,
    receive<messages::control_reply>,
    receive<messages::topology_request>,
    receive<messages::topology_subscribe>,
    receive<messages::topology_reply>,
    receive<messages::topology_seen>,
    receive<messages::rebootstrap>,
    receive<messages::grant_request>,
    receive<messages::grant_reply>,
    receive<messages::rewind>,
    receive<messages::snapshot_needed>,
    receive<messages::snapshot_request>,
    receive<messages::snapshot_refused>,
    receive<messages::snapshot_building>,
    receive<messages::snapshot_offer>,
    receive<messages::snapshot_chunk>,
    receive<messages::snapshot_staged>,
};

} // namespace

int fuzz_wire(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  bytes arrived{data + 1, data + size};
  return receivers[data[0] % std::size(receivers)](arrived) ? 1 : 0;
}

} // namespace sluice::test
