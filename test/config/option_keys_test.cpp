#include "config/option_keys.hpp"

#include "config/defaults.hpp"
#include "config/primary_options.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace sluice::config {
namespace {

TEST(option_keys, are_sorted_and_unique) {
  auto keys = option_keys();
  for (std::size_t i = 1; i < keys.size(); ++i)
    EXPECT_LT(keys[i - 1].name, keys[i].name);
}

TEST(option_keys, have_defaults_that_are_values) {
  for (const auto& key : option_keys()) {
    EXPECT_FALSE(key.help.empty()) << key.name;
    EXPECT_EQ(find_key(key.name), &key);
    if (!key.default_text.empty()) {
      EXPECT_EQ(check_value(key, key.default_text), std::nullopt) << key.name;
    }
  }
  EXPECT_EQ(find_key("no-such-key"), nullptr);
}

TEST(option_keys, have_variables_of_their_own) {
  EXPECT_EQ(variable_of("commit-timeout"), "SLUICE_COMMIT_TIMEOUT");
  std::set<std::string> variables;
  for (const auto& key : option_keys())
    EXPECT_TRUE(variables.insert(variable_of(key.name)).second) << key.name;
}

TEST(option_keys, have_the_defaults_of_the_structs) {
  config_sources sources;
  sources.command_line = {{"data", "d"}};
  auto loaded = load(command_kind::primary, sources);
  auto options = std::get<primary_options>(primary_options_of(loaded));
  node_options plain;
  EXPECT_EQ(options.node.listen, plain.listen);
  EXPECT_EQ(options.node.policy, plain.policy);
  EXPECT_EQ(options.node.commit_timeout, plain.commit_timeout);
  EXPECT_EQ(options.node.segment_bytes, plain.segment_bytes);
  EXPECT_EQ(options.node.record_bytes_max, plain.record_bytes_max);
  EXPECT_EQ(options.node.retain_bytes_min, plain.retain_bytes_min);
  EXPECT_EQ(options.node.retain_age, plain.retain_age);
  EXPECT_EQ(options.node.buffer_bytes, plain.buffer_bytes);
  EXPECT_EQ(options.node.window_bytes, plain.window_bytes);
  EXPECT_EQ(options.node.snapshot_rate, plain.snapshot_rate);
  EXPECT_EQ(options.node.slots_max, plain.slots_max);
  EXPECT_EQ(options.node.slot_bytes_max, plain.slot_bytes_max);
  EXPECT_EQ(options.node.slot_idle_timeout, plain.slot_idle_timeout);
  EXPECT_EQ(options.node.flow, plain.flow);
  EXPECT_EQ(options.node.flow, flow_control_limits{}) << "an embedder gets the same";
  EXPECT_EQ(options.node.log_level, plain.log_level);
}

// A replica that never comes back does not hold the log for ever.
TEST(option_keys, limit_what_a_slot_may_hold_back_by_default) {
  node_options plain;
  EXPECT_GT(plain.slot_bytes_max, 0u);
  EXPECT_LT(plain.slot_bytes_max, std::uint64_t{1} << 40);
  EXPECT_GT(plain.slot_idle_timeout.count(), 0);
}

TEST(check_value, tells_why_a_text_is_no_value) {
  struct bad_value {
    const char* key;
    const char* text;
  };
  for (auto [key, text] : {bad_value{"commit-timeout", "5"},
                           {"segment-size", "64MB"},
                           {"max-slots", "many"},
                           {"members", "a,a"},
                           {"members", ""},
                           {"name", ".."},
                           {"listen", "here"},
                           {"insecure", "yes"},
                           {"policy", "ack_n"},
                           {"policy", "remote_wal"},
                           {"data", ""},
                           {"log-level", "loud"},
                           {"primary", "a:1,"}})
    EXPECT_TRUE(check_value(*find_key(key), text)) << key << ' ' << text;
}

} // namespace
} // namespace sluice::config
