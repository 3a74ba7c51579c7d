#include "persistence/sealed_message.hpp"

#include "persistence/checksum.hpp"
#include "persistence/little_endian.hpp"

#include <sluice/errc.hpp>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message_lite.h>

namespace sluice::persistence {

namespace {

constexpr std::size_t crc_bytes = 4;

std::string serialize(const google::protobuf::MessageLite& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream sink{&bytes};
    google::protobuf::io::CodedOutputStream coded{&sink};
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

} // namespace

std::string seal(const sealed_format& format, std::uint64_t generation,
                 const google::protobuf::MessageLite& message) {
  auto body = serialize(message);
  std::string bytes(sealed_header_bytes, '\0');
  put_little_endian(bytes.data(), format.magic);
  put_little_endian(bytes.data() + 4, format.version);
  put_little_endian(bytes.data() + 8, generation);
  put_little_endian(bytes.data() + 16, static_cast<std::uint32_t>(body.size()));
  bytes += body;
  char crc[crc_bytes];
  put_little_endian(crc, crc32c(bytes));
  bytes.append(crc, sizeof(crc));
  return bytes;
}

caf::expected<std::uint64_t> unseal(const sealed_format& format, std::string_view bytes,
                                    google::protobuf::MessageLite& message) {
  std::string name{format.name};
  auto fault = [](std::string reason) { return make_error(errc::corruption, std::move(reason)); };
  if (bytes.size() < sealed_header_bytes + crc_bytes)
    return fault(name + " cut off");
  const auto* from = bytes.data();
  if (get_little_endian<std::uint32_t>(from) != format.magic)
    return fault("bad " + name + " magic");
  auto covered = bytes.substr(0, bytes.size() - crc_bytes);
  if (get_little_endian<std::uint32_t>(from + covered.size()) != crc32c(covered))
    return fault("bad " + name + " checksum");
  if (get_little_endian<std::uint16_t>(from + 4) != format.version)
    return make_error(errc::unknown_version, name + " of a newer version");
  if (get_little_endian<std::uint16_t>(from + 6) != 0
      || get_little_endian<std::uint32_t>(from + 20) != 0)
    return fault("reserved bytes of a " + name + " are not zero");
  auto body = covered.substr(sealed_header_bytes);
  if (get_little_endian<std::uint32_t>(from + 16) != body.size())
    return fault(name + " lengths disagree");
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size())))
    return fault("malformed " + name);
  return get_little_endian<std::uint64_t>(from + 8);
}

} // namespace sluice::persistence
