#include "persistence/reddb_slots.hpp"

#include "persistence/checksum.hpp"
#include "persistence/file_window.hpp"
#include "persistence/little_endian.hpp"

#include <sluice/errc.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <tuple>

namespace sluice::persistence {

namespace {

using replication::invalidation_cause;
using replication::slot;
using replication::slot_invalidation;

constexpr std::string_view magic = "RDSLOT01";
constexpr std::uint16_t newest_version = 2;
/// Bounds what is read before it is checked; a thousand slots are some 100 KiB.
constexpr std::uint64_t file_bytes_max = 64 * 1024 * 1024;

/// Takes fields from the front; after the end everything is zero and `is_good` false.
class field_reader {
public:
  explicit field_reader(std::string_view bytes) : rest_(bytes) {}

  template <class UInt>
  UInt number() {
    auto bytes = take(sizeof(UInt));
    return bytes.size() == sizeof(UInt) ? get_little_endian<UInt>(bytes.data()) : UInt{0};
  }

  /// 16 bytes; saturates.
  std::uint64_t wide_number() {
    auto low = number<std::uint64_t>();
    return number<std::uint64_t>() == 0 ? low : UINT64_MAX;
  }

  std::string text() { return std::string{take(number<std::uint32_t>())}; }

  /// A tag of 0 or 1.
  bool flag() {
    auto tag = number<std::uint8_t>();
    is_good_ = is_good_ && tag <= 1;
    return tag == 1;
  }

  bool is_good() const { return is_good_; }
  bool is_at_end() const { return rest_.empty(); }

private:
  std::string_view take(std::size_t count) {
    if (!is_good_ || rest_.size() < count) {
      is_good_ = false;
      return {};
    }
    auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
  bool is_good_ = true;
};

caf::error fault(const char* reason) {
  return make_error(errc::corruption, std::string{"RedDB slot catalog: "} + reason);
}

struct slot_fields {
  slot x;
  lsn written;
};

slot_fields read_slot(field_reader& from, std::uint16_t version) {
  slot_fields result;
  auto& x = result.x;
  x.id = from.text();
  auto restart = lsn{from.number<std::uint64_t>()};
  result.written = lsn{from.number<std::uint64_t>()};
  x.confirmed_flush_lsn = lsn{from.number<std::uint64_t>()};
  x.confirmed_apply_lsn = lsn{from.number<std::uint64_t>()};
  x.restart_lsn = std::max(restart, x.confirmed_flush_lsn);
  auto is_active = from.flag();
  std::string reason;
  timestamp_ms since;
  if (version >= 2) {
    x.last_seen = timestamp_ms{from.wide_number()};
    if (from.flag())
      reason = from.text();
    if (from.flag())
      since = timestamp_ms{from.wide_number()};
  }
  if (!is_active || !reason.empty())
    x.invalidated = slot_invalidation{
        replication::parse_invalidation_cause(reason).value_or(invalidation_cause::horizon), since};
  return result;
}

std::uint64_t number_in(const nlohmann::json& entry, const char* key) {
  auto position = entry.find(key);
  return position != entry.end() && position->is_number_unsigned() ? position->get<std::uint64_t>()
                                                                   : 0;
}

bool has_number(const nlohmann::json& entry, const char* key) {
  auto position = entry.find(key);
  return position != entry.end() && position->is_number_unsigned();
}

std::optional<slot> slot_of(const nlohmann::json& entry) {
  if (!entry.is_object() || !entry.contains("id") || !entry["id"].is_string()
      || !has_number(entry, "restart_lsn") || !has_number(entry, "confirmed_lsn"))
    return std::nullopt;
  slot x;
  x.id = entry["id"].get<std::string>();
  x.restart_lsn = lsn{number_in(entry, "restart_lsn")};
  // It keeps one confirmation for all stages; only the restart position is durable there.
  x.confirmed_flush_lsn = x.restart_lsn;
  x.confirmed_apply_lsn = x.restart_lsn;
  x.last_seen = timestamp_ms{number_in(entry, "last_seen_at_unix_ms")};
  auto reason = entry.find("invalidation_reason");
  if (reason != entry.end() && reason->is_string())
    if (auto cause = replication::parse_invalidation_cause(reason->get<std::string>()))
      x.invalidated =
          slot_invalidation{*cause, timestamp_ms{number_in(entry, "invalidated_at_unix_ms")}};
  return is_valid_name(x.id) ? std::optional{x} : std::nullopt;
}

bool is_newer(const slot& x, const slot& than) {
  return std::tie(x.restart_lsn, x.last_seen) > std::tie(than.restart_lsn, than.last_seen);
}

} // namespace

caf::expected<std::vector<slot>> read_reddb_slot_catalog(std::string_view bytes) {
  if (bytes.size() < magic.size() + 4 || bytes.substr(0, magic.size()) != magic)
    return fault("bad magic");
  auto covered = bytes.substr(0, bytes.size() - 4);
  if (get_little_endian<std::uint32_t>(bytes.data() + covered.size()) != crc32(covered))
    return fault("bad checksum");
  field_reader from{covered.substr(magic.size())};
  auto version = from.number<std::uint16_t>();
  if (version == 0 || version > newest_version)
    return make_error(errc::unknown_version,
                      "RedDB slot catalog: version " + std::to_string(version));
  static_cast<void>(from.number<std::uint64_t>()); // timeline: always 1
  auto count = from.number<std::uint32_t>();
  std::vector<slot> slots;
  for (std::uint32_t i = 0; i < count && from.is_good(); ++i) {
    auto [x, written] = read_slot(from, version);
    if (x.confirmed_apply_lsn > x.confirmed_flush_lsn || x.confirmed_flush_lsn > written)
      return fault("a slot's positions are not ordered");
    if (is_valid_name(x.id))
      slots.push_back(std::move(x));
  }
  if (!from.is_good())
    return fault("cut off, or a tag that is neither 0 nor 1");
  if (!from.is_at_end())
    return fault("bytes after its end");
  return slots;
}

caf::expected<std::vector<slot>> read_reddb_slot_json(std::string_view bytes) {
  auto parsed = nlohmann::json::parse(bytes, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("slots") || !parsed["slots"].is_array())
    return make_error(errc::corruption, "RedDB slot store: not the JSON of slots");
  std::vector<slot> slots;
  for (const auto& entry : parsed["slots"])
    if (auto x = slot_of(entry))
      slots.push_back(std::move(*x));
  return slots;
}

std::vector<slot> merge_reddb_slots(std::vector<slot> binary, const std::vector<slot>& json) {
  std::map<std::string, slot> merged;
  for (auto& x : binary)
    merged.insert_or_assign(x.id, x);
  for (const auto& x : json) {
    auto [position, inserted] = merged.try_emplace(x.id, x);
    if (!inserted && is_newer(x, position->second))
      position->second = x;
  }
  std::vector<slot> slots;
  for (auto& [id, x] : merged)
    slots.push_back(std::move(x));
  return slots;
}

caf::expected<std::vector<slot>> load_reddb_slots(vfs& disk,
                                                  const std::vector<std::filesystem::path>& files) {
  std::vector<slot> binary;
  std::vector<slot> json;
  for (const auto& file : files) {
    auto bytes = read_file(disk, file, file_bytes_max);
    if (!bytes)
      return bytes.error();
    auto is_binary = bytes->starts_with(magic);
    auto slots = is_binary ? read_reddb_slot_catalog(*bytes) : read_reddb_slot_json(*bytes);
    if (!slots)
      return make_error(code_of(slots.error()), file.string() + ": " + context_of(slots.error())
                                                    + (is_binary ? "" : ", nor a binary catalog"));
    auto& known = is_binary ? binary : json;
    known = merge_reddb_slots(std::move(known), *slots);
  }
  return merge_reddb_slots(std::move(binary), json);
}

std::vector<slot> fit_reddb_slots(std::vector<slot> slots, lsn last) {
  for (auto& x : slots) {
    x.restart_lsn = std::min(x.restart_lsn, last);
    x.confirmed_flush_lsn = std::min(x.confirmed_flush_lsn, last);
    x.confirmed_apply_lsn = std::min(x.confirmed_apply_lsn, last);
  }
  return slots;
}

} // namespace sluice::persistence
