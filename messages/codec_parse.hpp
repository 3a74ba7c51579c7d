#pragma once

#include <string_view>

namespace google::protobuf {
class MessageLite;
}

namespace sluice::messages {

/// Parses a protobuf twin that a peer made. Before that its fields are counted, a million at
/// most, and each is checked to end where the bytes do: protobuf believes the length of a
/// nested message, and sets up to 50 MB aside for a string in it that was never sent.
bool parse_twin(std::string_view bytes, google::protobuf::MessageLite& twin);

/// What a peer calls a node, a cluster or a region, where it may have none.
bool is_name_or_empty(std::string_view text);

/// Whether a peer may call this an address: it is shown to people, and connected to.
bool is_endpoint_text(std::string_view text);

} // namespace sluice::messages
