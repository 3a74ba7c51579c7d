#pragma once

#include "messages/wire.hpp"
#include "messages/wire_snapshot.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::messages {

/// Messages that are their protobuf twin and nothing more.
template <class T>
concept control_message =
    std::same_as<T, hello> || std::same_as<T, welcome> || std::same_as<T, rejected> || std::same_as<
        T, replica_ack> || std::same_as<T, heartbeat> || std::same_as<T, client_hello> || std::
        same_as<T, client_welcome> || std::same_as<T, committed_many> || std::
            same_as<T, read_request> || std::same_as<T, status_request> || std::same_as<
                T, status_reply> || std::same_as<T, control_request> || std::
                same_as<T, control_reply> || std::same_as<T, topology_request> || std::same_as<
                    T, topology_subscribe> || std::same_as<T, topology_reply> || std::
                    same_as<T, topology_seen> || std::same_as<T, rebootstrap> || std::same_as<
                        T, grant_request> || std::same_as<T, grant_reply> || std::
                        same_as<T, rewind> || std::same_as<T, snapshot_needed> || std::same_as<
                            T, snapshot_request> || std::same_as<T, snapshot_refused> || std::
                            same_as<T, snapshot_building> || std::same_as<
                                T, snapshot_offer> || std::same_as<T, snapshot_staged>;

/// Messages whose payload bytes travel beside their protobuf twin.
template <class T>
concept bulk_message = std::same_as<T, stream_batches> || std::same_as<
    T, append_many> || std::same_as<T, read_reply> || std::same_as<T, snapshot_chunk>;

/// The protobuf twin's bytes. Never fails for a well-formed message.
std::string encode(const hello& x);
std::string encode(const welcome& x);
std::string encode(const rejected& x);
std::string encode(const rebootstrap& x);
std::string encode(const rewind& x);
std::string encode(const replica_ack& x);
std::string encode(const heartbeat& x);
std::string encode(const client_hello& x);
std::string encode(const client_welcome& x);
std::string encode(const committed_many& x);
std::string encode(const read_request& x);
std::string encode(const status_request& x);
std::string encode(const status_reply& x);
std::string encode(const control_request& x);
std::string encode(const control_reply& x);
std::string encode(const grant_request& x);
std::string encode(const grant_reply& x);
std::string encode(const topology_request& x);
std::string encode(const topology_subscribe& x);
std::string encode(const topology_reply& x);
std::string encode(const topology_seen& x);
std::string encode(const snapshot_needed& x);
std::string encode(const snapshot_request& x);
std::string encode(const snapshot_refused& x);
std::string encode(const snapshot_building& x);
std::string encode(const snapshot_offer& x);
std::string encode(const snapshot_staged& x);
std::string encode(const snapshot_chunk& x);
std::string encode(const stream_batches& x);
std::string encode(const append_many& x);
std::string encode(const read_reply& x);

/// Whether `bytes` is the twin of a `T` that is within its bounds; `x` is unspecified if not.
bool decode(std::string_view bytes, hello& x);
bool decode(std::string_view bytes, welcome& x);
bool decode(std::string_view bytes, rejected& x);
bool decode(std::string_view bytes, rebootstrap& x);
bool decode(std::string_view bytes, rewind& x);
bool decode(std::string_view bytes, replica_ack& x);
bool decode(std::string_view bytes, heartbeat& x);
bool decode(std::string_view bytes, client_hello& x);
bool decode(std::string_view bytes, client_welcome& x);
bool decode(std::string_view bytes, committed_many& x);
bool decode(std::string_view bytes, read_request& x);
bool decode(std::string_view bytes, status_request& x);
bool decode(std::string_view bytes, status_reply& x);
bool decode(std::string_view bytes, control_request& x);
bool decode(std::string_view bytes, control_reply& x);
bool decode(std::string_view bytes, grant_request& x);
bool decode(std::string_view bytes, grant_reply& x);
bool decode(std::string_view bytes, topology_request& x);
bool decode(std::string_view bytes, topology_subscribe& x);
bool decode(std::string_view bytes, topology_reply& x);
bool decode(std::string_view bytes, topology_seen& x);
bool decode(std::string_view bytes, snapshot_needed& x);
bool decode(std::string_view bytes, snapshot_request& x);
bool decode(std::string_view bytes, snapshot_refused& x);
bool decode(std::string_view bytes, snapshot_building& x);
bool decode(std::string_view bytes, snapshot_offer& x);
bool decode(std::string_view bytes, snapshot_staged& x);

/// The same with the payload bytes, which `x` shares: the lengths must add up exactly.
bool decode(std::string_view bytes, const payload& block, stream_batches& x);
bool decode(std::string_view bytes, const payload& block, append_many& x);
bool decode(std::string_view bytes, const payload& block, read_reply& x);
bool decode(std::string_view bytes, const payload& block, snapshot_chunk& x);

/// The payload bytes of a bulk message in the order in which they travel.
std::vector<payload> payloads_of(const stream_batches& x);
std::vector<payload> payloads_of(const append_many& x);
std::vector<payload> payloads_of(const read_reply& x);
std::vector<payload> payloads_of(const snapshot_chunk& x);

/// The message's name for logs and failed tests.
template <class T>
constexpr const char* wire_name() {
  if constexpr (std::same_as<T, hello>)
    return "hello";
  else if constexpr (std::same_as<T, welcome>)
    return "welcome";
  else if constexpr (std::same_as<T, rejected>)
    return "rejected";
  else if constexpr (std::same_as<T, rebootstrap>)
    return "rebootstrap";
  else if constexpr (std::same_as<T, rewind>)
    return "rewind";
  else if constexpr (std::same_as<T, replica_ack>)
    return "replica_ack";
  else if constexpr (std::same_as<T, heartbeat>)
    return "heartbeat";
  else if constexpr (std::same_as<T, client_hello>)
    return "client_hello";
  else if constexpr (std::same_as<T, client_welcome>)
    return "client_welcome";
  else if constexpr (std::same_as<T, committed_many>)
    return "committed_many";
  else if constexpr (std::same_as<T, read_request>)
    return "read_request";
  else if constexpr (std::same_as<T, status_request>)
    return "status_request";
  else if constexpr (std::same_as<T, status_reply>)
    return "status_reply";
  else if constexpr (std::same_as<T, control_request>)
    return "control_request";
  else if constexpr (std::same_as<T, control_reply>)
    return "control_reply";
  else if constexpr (std::same_as<T, grant_request>)
    return "grant_request";
  else if constexpr (std::same_as<T, grant_reply>)
    return "grant_reply";
  else if constexpr (std::same_as<T, topology_request>)
    return "topology_request";
  else if constexpr (std::same_as<T, topology_subscribe>)
    return "topology_subscribe";
  else if constexpr (std::same_as<T, topology_reply>)
    return "topology_reply";
  else if constexpr (std::same_as<T, topology_seen>)
    return "topology_seen";
  else if constexpr (std::same_as<T, snapshot_needed>)
    return "snapshot_needed";
  else if constexpr (std::same_as<T, snapshot_request>)
    return "snapshot_request";
  else if constexpr (std::same_as<T, snapshot_refused>)
    return "snapshot_refused";
  else if constexpr (std::same_as<T, snapshot_building>)
    return "snapshot_building";
  else if constexpr (std::same_as<T, snapshot_offer>)
    return "snapshot_offer";
  else if constexpr (std::same_as<T, snapshot_chunk>)
    return "snapshot_chunk";
  else if constexpr (std::same_as<T, snapshot_staged>)
    return "snapshot_staged";
  else if constexpr (std::same_as<T, stream_batches>)
    return "stream_batches";
  else if constexpr (std::same_as<T, append_many>)
    return "append_many";
  else
    return "read_reply";
}

} // namespace sluice::messages
