#pragma once

#include "messages/codec.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/deserializer.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/sec.hpp>
#include <caf/serializer.hpp>

#include <type_traits>

/// How CAF puts the wire messages on the wire: the protobuf twin as one string, then, for
/// the messages that carry payloads, their bytes as one block that is never run through
/// protobuf (one copy out, one copy in).
namespace sluice::messages {

template <class Inspector>
inline constexpr bool writes_wire = std::is_base_of_v<caf::serializer, Inspector>;
template <class Inspector>
inline constexpr bool reads_wire = std::is_base_of_v<caf::deserializer, Inspector>;

namespace detail {

template <class Inspector>
caf::error write_bytes(Inspector& f, const std::vector<payload>& parts, std::uint64_t total) {
  auto size = static_cast<std::size_t>(total);
  if (auto err = f.begin_sequence(size))
    return err;
  for (const auto& part : parts)
    if (!part.empty())
      // CAF's serializer takes a pointer to non-const and only reads from it.
      if (auto err = f.apply_raw(part.size(), const_cast<char*>(part.data())))
        return err;
  return f.end_sequence();
}

/// How much has arrived and was not read yet, as far as the deserializer knows.
template <class Inspector>
std::uint64_t bytes_left(const Inspector& f) {
  if constexpr (requires { f.remaining(); })
    return f.remaining();
  else if (const auto* binary = dynamic_cast<const caf::binary_deserializer*>(&f))
    return binary->remaining();
  else
    return message_bytes_max;
}

template <class Inspector>
caf::error read_bytes(Inspector& f, std::string& bytes) {
  std::size_t size = 0;
  if (auto err = f.begin_sequence(size))
    return err;
  // What was only claimed is not allocated.
  if (size > message_bytes_max || size > bytes_left(f))
    return caf::sec::invalid_argument;
  bytes.resize(size);
  if (size > 0)
    if (auto err = f.apply_raw(size, bytes.data()))
      return err;
  return f.end_sequence();
}

template <class T>
void mark_malformed(T& x) {
  x = T{};
  x.well_formed = false;
}

} // namespace detail

template <class Inspector, control_message T>
typename Inspector::result_type inspect(Inspector& f, T& x) {
  if constexpr (writes_wire<Inspector>) {
    auto twin = encode(x);
    return detail::write_bytes(f, {payload::share(nullptr, twin.data(), twin.size())}, twin.size());
  } else if constexpr (reads_wire<Inspector>) {
    std::string twin;
    if (auto err = detail::read_bytes(f, twin))
      return err;
    if (!decode(twin, x))
      detail::mark_malformed(x);
    return caf::none;
  } else {
    return f(caf::meta::type_name(wire_name<T>()));
  }
}

template <class Inspector, bulk_message T>
typename Inspector::result_type inspect(Inspector& f, T& x) {
  if constexpr (writes_wire<Inspector>) {
    auto twin = encode(x);
    if (auto err = detail::write_bytes(f, {payload::share(nullptr, twin.data(), twin.size())},
                                       twin.size()))
      return err;
    auto parts = payloads_of(x);
    std::uint64_t total = 0;
    for (const auto& part : parts)
      total += part.size();
    return detail::write_bytes(f, parts, total);
  } else if constexpr (reads_wire<Inspector>) {
    std::string twin;
    std::string block;
    if (auto err = detail::read_bytes(f, twin))
      return err;
    if (auto err = detail::read_bytes(f, block))
      return err;
    if (!decode(twin, payload::take(std::move(block)), x))
      detail::mark_malformed(x);
    return caf::none;
  } else {
    return f(caf::meta::type_name(wire_name<T>()));
  }
}

} // namespace sluice::messages
