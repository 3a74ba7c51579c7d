#include "config/option_keys.hpp"

#include "config/endpoint.hpp"
#include "config/units.hpp"
#include "replication/members.hpp"

#include <sluice/commit_policy.hpp>
#include <sluice/errc.hpp>
#include <sluice/types.hpp>

#include <algorithm>
#include <array>

namespace sluice::config {

namespace {

using enum value_kind;

constexpr std::uint8_t primary = 1;
constexpr std::uint8_t replica = 2;
constexpr std::uint8_t client_append = 4;
constexpr std::uint8_t client_read = 8;
constexpr std::uint8_t client_status = 16;
constexpr std::uint8_t client_promote = 32;
constexpr std::uint8_t client = client_append | client_read | client_status | client_promote;
constexpr std::uint8_t node = primary | replica;
constexpr std::uint8_t all = node | client;

/// Sorted by name. Texts of defaults are those of defaults.hpp; a test compares them.
constexpr std::array keys{
    option_key{"advertise", value_kind::endpoint, "", node,
               "where others reach this node [as --listen]"},
    option_key{"archive", path, "", primary,
               "not supported yet: directory that closed segments are copied to"},
    option_key{"buffer", size, "64M", node, "recent records that are kept in memory"},
    option_key{
        "cluster", name, "", node,
        "the cluster this node belongs to [the directory's; at first a primary makes one up, a "
        "replica takes its primary's]"},
    option_key{"commit-timeout", duration, "5s", node, "how long an append waits for its policy"},
    option_key{"data", path, "", node, "needed: the directory of the log; made when it is missing"},
    option_key{"flow-hard-bytes", size, "1G", node,
               "lag of the slowest voter at which appends are refused; 0: any"},
    option_key{"flow-hard-time", duration, "30s", node,
               "the same as the age of what it lacks; 0: any"},
    option_key{"flow-soft-bytes", size, "64M", node,
               "lag of the slowest voter from which appends are slowed; 0: off"},
    option_key{"flow-soft-time", duration, "1s", node,
               "the same as the age of what it lacks; 0: off"},
    option_key{"from", value_kind::endpoint, "", client_read,
               "the node to read from; this or --data is needed"},
    option_key{"http", value_kind::endpoint, "", node,
               "not supported yet: where status and metrics are served"},
    option_key{"in-flight", count, "256", client_append,
               "appends that may be unanswered at once, 1 to 1024"},
    option_key{"insecure", flag, "false", all, "allow addresses beyond loopback without TLS"},
    option_key{"kv", flag, "false", node,
               "apply the log to kv.sqlite in the directory: the store of `sluice kv`"},
    option_key{"listen", value_kind::endpoint, "127.0.0.1:4150", node,
               "where this node listens; port 0: any free one, which `ready` tells"},
    option_key{"log-json", flag, "false", all, "log one JSON object a line"},
    option_key{"log-level", log_level, "info", all, "trace, debug, info, warn, error or off"},
    option_key{"max-record", size, "16M", node,
               "the largest record; at most 16M and half a segment"},
    option_key{"max-slots", count, "1000", node, "how many replicas may join, 1 to 10000"},
    option_key{"members", names, "", primary,
               "the voting members, this node one of them; declared once, at first start [none]"},
    option_key{"name", name, "", node,
               "this node's name [the directory's; of a new primary `primary`]"},
    option_key{"no-follow", flag, "false", client_append, "never look for the primary elsewhere"},
    option_key{"node", value_kind::endpoint, "", client_promote,
               "needed: the replica that is to be the primary"},
    option_key{"of", value_kind::endpoint, "", client_status, "needed: the node to ask"},
    option_key{
        "policy", policy, "local", node | client_append,
        "what a commit needs: local, ack_n=N, quorum, regions=a,b; a node without one has what "
        "was last set on it",
        node},
    option_key{"primary", endpoints, "", replica,
               "needed: where the primary may be found; tried in turn"},
    option_key{"region", name, "", node, "where this node stands [none]"},
    option_key{"retain-age", duration, "0s", node,
               "for how long log is kept although no slot needs it; 0: not for its age"},
    option_key{"retain-min", size, "256M", node, "log that is kept although no slot needs it"},
    option_key{"segment-size", size, "64M", node, "size of a segment file, 64K to 4095M"},
    option_key{"slot-idle-timeout", duration, "24h", node,
               "when an absent replica's slot is given up; 0: never"},
    option_key{"slot-max-bytes", size, "4G", node, "log that one slot may hold back; 0: any"},
    option_key{"snapshot-from", value_kind::endpoint, "", replica,
               "the node that is asked for a snapshot first, to spare the primary [the primary]"},
    option_key{"snapshot-rate", size, "0", node,
               "bytes of a snapshot to one replica in a second, at least 64K; 0: any"},
    option_key{"timeout", duration, "5s", client, "how long one request may take"},
    option_key{"tls-ca", path, "", all, "not supported yet: certificate authority of the cluster"},
    option_key{"tls-cert", path, "", all, "not supported yet: this node's certificate"},
    option_key{"tls-key", path, "", all, "not supported yet: this node's private key"},
    option_key{"to", endpoints, "", client_append,
               "needed: where the primary may be; tried in turn"},
    option_key{"window", size, "4M", node, "bytes in flight to one replica, at least 64K"},
};

constexpr std::array<std::string_view, 6> log_levels{"trace", "debug", "info",
                                                     "warn",  "error", "off"};

template <class T>
std::optional<std::string> reason_of(const caf::expected<T>& parsed) {
  if (parsed)
    return std::nullopt;
  return context_of(parsed.error());
}

std::optional<std::string> reason_unless(bool good, std::string_view text, const char* why) {
  if (good)
    return std::nullopt;
  return "'" + std::string{text} + "' " + why;
}

} // namespace

std::span<const option_key> option_keys() {
  return keys;
}

const option_key* find_key(std::string_view name) {
  auto position =
      std::lower_bound(keys.begin(), keys.end(), name,
                       [](const option_key& x, std::string_view y) { return x.name < y; });
  return position != keys.end() && position->name == name ? &*position : nullptr;
}

std::string variable_of(std::string_view name) {
  std::string variable = "SLUICE_";
  for (auto c : name)
    variable += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return variable;
}

std::optional<std::string> check_value(const option_key& key, std::string_view text) {
  switch (key.kind) {
  case value_kind::text: return std::nullopt;
  case value_kind::path: return reason_unless(!text.empty(), text, "is not a path");
  case value_kind::name:
    return reason_unless(is_valid_name(text), text, "is not a name: [A-Za-z0-9._-]{1,64}");
  case value_kind::names:
    if (text.empty())
      return "no name is given";
    return reason_of(replication::parse_members(text));
  case value_kind::flag:
    return reason_unless(text == "true" || text == "false", text, "is not true or false");
  case value_kind::duration: return reason_of(parse_duration(text));
  case value_kind::size: return reason_of(parse_size(text));
  case value_kind::count: return reason_of(parse_count(text));
  case value_kind::endpoint: return reason_of(parse_endpoint(text));
  case value_kind::endpoints: return reason_of(parse_endpoints(text));
  case value_kind::policy: return reason_of(parse_policy(text));
  case value_kind::log_level:
    return reason_unless(std::find(log_levels.begin(), log_levels.end(), text) != log_levels.end(),
                         text, "is not trace, debug, info, warn, error or off");
  }
  return "unknown kind";
}

} // namespace sluice::config
