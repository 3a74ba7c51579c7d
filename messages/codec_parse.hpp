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

} // namespace sluice::messages
