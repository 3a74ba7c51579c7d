#include "examples/kv/operation.hpp"

#include "operation.pb.h"

#include <sluice/errc.hpp>

#include <climits>

namespace kv {

namespace {

constexpr std::uint32_t mark = 0x31564B53;
/// The field `mark` as it stands first in every record: protobuf writes fields in the order of
/// their numbers.
constexpr std::string_view mark_bytes{"\x0dSKV1", 5};

} // namespace

std::string encode(const operation& x) {
  schema::Operation twin;
  twin.set_mark(mark);
  if (const auto* written = std::get_if<put>(&x)) {
    twin.mutable_put()->set_key(written->key);
    twin.mutable_put()->set_value(written->value);
  } else {
    twin.mutable_delete_()->set_key(std::get<del>(x).key);
  }
  return twin.SerializeAsString();
}

caf::expected<std::optional<operation>> decode(std::string_view record) {
  if (!record.starts_with(mark_bytes))
    return std::optional<operation>{};
  schema::Operation twin;
  if (record.size() > INT_MAX
      || !twin.ParseFromArray(record.data(), static_cast<int>(record.size())))
    return sluice::make_error(sluice::errc::unknown_version,
                              "an operation on the key-value store that cannot be read");
  switch (twin.change_case()) {
  case schema::Operation::kPut:
    return std::optional<operation>{put{twin.put().key(), twin.put().value()}};
  case schema::Operation::kDelete: return std::optional<operation>{del{twin.delete_().key()}};
  case schema::Operation::CHANGE_NOT_SET: break;
  }
  return sluice::make_error(sluice::errc::unknown_version,
                            "an operation on the key-value store of a kind that is not known");
}

} // namespace kv
