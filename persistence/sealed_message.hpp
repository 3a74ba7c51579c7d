#pragma once

#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace google::protobuf {
class MessageLite;
}

namespace sluice::persistence {

/// A protobuf message in a file of its own (docs/FORMAT.md, "Node state"): magic, version,
/// generation, length, the message, CRC-32C of all before it.
struct sealed_format {
  std::uint32_t magic;
  std::uint16_t version;
  /// For messages: `node state`.
  const char* name;
};

inline constexpr std::size_t sealed_header_bytes = 24;

/// The same message gives the same bytes: golden files pin them.
std::string seal(const sealed_format& format, std::uint64_t generation,
                 const google::protobuf::MessageLite& message);

/// Fills in `message`, of which nothing counts on an error.
/// @returns the generation; `errc::corruption` or `errc::unknown_version` with the reason
caf::expected<std::uint64_t> unseal(const sealed_format& format, std::string_view bytes,
                                    google::protobuf::MessageLite& message);

} // namespace sluice::persistence
