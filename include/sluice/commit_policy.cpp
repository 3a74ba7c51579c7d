#include <sluice/commit_policy.hpp>
#include <sluice/errc.hpp>
#include <sluice/types.hpp>

#include <charconv>

namespace sluice {

namespace {

caf::error bad_policy(std::string_view text, std::string_view why) {
  return make_error(errc::invalid_argument, "commit policy '" + std::string{text}
                                                + "': " + std::string{why}
                                                + "; use local, ack_n=N, quorum or regions=a,b");
}

caf::expected<commit_policy> parse_ack_n(std::string_view text, std::string_view number) {
  policy_ack_n result;
  auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), result.count);
  if (failure != std::errc{} || end != number.data() + number.size() || number.empty())
    return bad_policy(text, "N is not a number");
  if (result.count == 0)
    return bad_policy(text, "N must be at least 1");
  return commit_policy{result};
}

caf::expected<commit_policy> parse_regions(std::string_view text, std::string_view names) {
  policy_regions result;
  while (true) {
    auto comma = names.find(',');
    auto name = names.substr(0, comma);
    if (!is_valid_name(name))
      return bad_policy(text, "'" + std::string{name} + "' is not a region name");
    result.names.emplace(name);
    if (comma == std::string_view::npos)
      return commit_policy{std::move(result)};
    names.remove_prefix(comma + 1);
  }
}

struct policy_text {
  std::string operator()(const policy_local&) const { return "local"; }
  std::string operator()(const policy_quorum&) const { return "quorum"; }
  std::string operator()(const policy_ack_n& x) const { return "ack_n=" + std::to_string(x.count); }
  std::string operator()(const policy_regions& x) const {
    std::string text = "regions";
    char separator = '=';
    for (const auto& name : x.names) {
      text += separator + name;
      separator = ',';
    }
    return text;
  }
};

} // namespace

caf::expected<commit_policy> parse_policy(std::string_view text) {
  constexpr std::string_view ack_n = "ack_n=";
  constexpr std::string_view regions = "regions=";
  if (text == "local")
    return commit_policy{policy_local{}};
  if (text == "quorum")
    return commit_policy{policy_quorum{}};
  if (text == "remote_wal")
    return make_error(errc::unsupported,
                      "commit policy 'remote_wal' needs an archive, which this version has not");
  if (text.starts_with(ack_n))
    return parse_ack_n(text, text.substr(ack_n.size()));
  if (text.starts_with(regions))
    return parse_regions(text, text.substr(regions.size()));
  return bad_policy(text, "unknown");
}

std::string to_string(const commit_policy& policy) {
  return std::visit(policy_text{}, policy);
}

} // namespace sluice
