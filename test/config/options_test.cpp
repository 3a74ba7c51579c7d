#include "config/primary_options.hpp"
#include "config/replica_options.hpp"

#include <gtest/gtest.h>

namespace sluice::config {
namespace {

using texts = std::map<std::string, std::string>;

load_result resolved(command_kind command, texts command_line) {
  command_line.emplace("data", "d");
  config_sources sources;
  sources.command_line = std::move(command_line);
  auto result = load(command, sources);
  for (const auto& x : result.errors)
    ADD_FAILURE() << to_string(x);
  return result;
}

primary_options primary(const texts& command_line) {
  auto result = primary_options_of(resolved(command_kind::primary, command_line));
  if (const auto* errors = std::get_if<std::vector<config_error>>(&result)) {
    ADD_FAILURE() << to_string(errors->front());
    return {};
  }
  return std::get<primary_options>(result);
}

std::vector<std::string> wrong_keys(const texts& command_line) {
  std::vector<std::string> keys;
  auto result = primary_options_of(resolved(command_kind::primary, command_line));
  if (const auto* errors = std::get_if<std::vector<config_error>>(&result))
    for (const auto& x : *errors) {
      EXPECT_FALSE(x.source.empty()) << x.key;
      keys.push_back(x.key);
    }
  return keys;
}

using key_list = std::vector<std::string>;

TEST(primary_options, need_a_directory_only) {
  EXPECT_EQ(wrong_keys({}), key_list{});
  EXPECT_EQ(validate(primary_options{}).size(), 1u) << "data";
}

TEST(primary_options, on_a_wide_address_need_a_word) {
  EXPECT_EQ(wrong_keys({{"listen", "0.0.0.0:4150"}}), key_list{"listen"});
  EXPECT_EQ(wrong_keys({{"listen", "0.0.0.0:4150"}, {"insecure", "true"}}), key_list{});
}

TEST(primary_options, leave_it_to_the_directory_whether_quorum_has_members) {
  EXPECT_EQ(wrong_keys({{"policy", "quorum"}}), key_list{});
  EXPECT_EQ(wrong_keys({{"policy", "quorum"}, {"members", "a,b,c"}}), key_list{});
}

TEST(primary_options, must_be_one_of_the_members) {
  EXPECT_EQ(wrong_keys({{"policy", "quorum"}, {"members", "a,b,c"}, {"name", "d"}}),
            key_list{"members"});
  EXPECT_EQ(wrong_keys({{"policy", "quorum"}, {"members", "a,b,c"}, {"name", "b"}}), key_list{});
}

TEST(primary_options, refuse_what_would_have_no_effect) {
  EXPECT_EQ(wrong_keys({{"http", "127.0.0.1:0"}, {"archive", "x"}}), (key_list{"http", "archive"}));
  EXPECT_EQ(wrong_keys({{"tls-ca", "a"}, {"tls-cert", "b"}, {"tls-key", "c"}}), key_list{"tls-ca"});
}

TEST(primary_options, refuse_a_policy_that_no_number_of_slots_can_meet) {
  EXPECT_EQ(wrong_keys({{"policy", "ack_n=3"}, {"max-slots", "2"}}), key_list{"policy"});
}

TEST(primary_options, shrink_the_largest_record_with_the_segment_unless_it_was_asked_for) {
  EXPECT_EQ(primary({{"segment-size", "1M"}}).node.record_bytes_max, 512u * 1024);
  EXPECT_EQ(wrong_keys({{"segment-size", "1M"}, {"max-record", "1M"}}), key_list{"max-record"});
  EXPECT_EQ(primary({{"segment-size", "2M"}, {"max-record", "1M"}}).node.record_bytes_max,
            1024u * 1024);
}

TEST(node_options, say_how_fast_a_snapshot_may_be_and_where_it_is_asked_for) {
  EXPECT_EQ(primary({{"snapshot-rate", "10M"}}).node.snapshot_rate, 10u * 1024 * 1024);
  EXPECT_EQ(wrong_keys({{"snapshot-rate", "63K"}}), key_list{"snapshot-rate"});
  auto replica = [](const std::string& from) {
    return replica_options_of(resolved(command_kind::replica, {{"name", "r"},
                                                               {"primary", "127.0.0.1:1"},
                                                               {"listen", "127.0.0.1:2"},
                                                               {"snapshot-from", from}}));
  };
  auto good = replica("127.0.0.1:3");
  ASSERT_TRUE(std::holds_alternative<replica_options>(good));
  EXPECT_EQ(std::get<replica_options>(good).snapshot_from, (endpoint{"127.0.0.1", 3}));
  for (const auto* wrong : {"127.0.0.1:2", "127.0.0.1:0"}) {
    auto bad = replica(wrong);
    ASSERT_TRUE(std::holds_alternative<std::vector<config_error>>(bad)) << wrong;
    EXPECT_EQ(std::get<std::vector<config_error>>(bad)[0].key, "snapshot-from");
  }
}

TEST(primary_options, tell_everything_that_is_wrong_at_once) {
  EXPECT_EQ(wrong_keys({{"listen", "10.0.0.1:1"},
                        {"advertise", "x:0"},
                        {"window", "1K"},
                        {"buffer", "0"},
                        {"max-slots", "0"},
                        {"commit-timeout", "0"},
                        {"segment-size", "1K"},
                        {"max-record", "17M"},
                        {"policy", "ack_n=2"}}),
            (key_list{"listen", "advertise", "segment-size", "max-record", "max-record", "buffer",
                      "window", "max-slots", "commit-timeout", "policy"}));
}

TEST(primary_options, name_the_source_of_what_is_wrong) {
  config_sources sources;
  sources.command_line = {{"data", "d"}};
  sources.environment = {{"SLUICE_BUFFER", "0"}};
  auto values = load(command_kind::primary, sources);
  auto errors = std::get<std::vector<config_error>>(primary_options_of(values));
  EXPECT_EQ(to_string(errors.at(0)), "buffer (SLUICE_BUFFER): must not be 0");
}

TEST(primary_options, tell_what_cannot_be_read_and_what_is_out_of_range_at_once) {
  config_sources sources;
  sources.command_line = {{"data", "d"}, {"max-slots", "0"}, {"window", "wide"}, {"name", "a/b"}};
  sources.environment = {{"SLUICE_BUFFER", "0"}};
  std::vector<std::string> told;
  auto result = primary_options_of(load(command_kind::primary, sources));
  for (const auto& x : std::get<std::vector<config_error>>(result))
    told.push_back(x.key + "@" + x.source);
  EXPECT_EQ(told, (key_list{"name@command line", "window@command line", "buffer@SLUICE_BUFFER",
                            "max-slots@command line"}));
}

TEST(replica_options, need_a_name_and_a_primary) {
  auto values = resolved(command_kind::replica, {});
  auto errors = std::get<std::vector<config_error>>(replica_options_of(values));
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].key, "name");
  EXPECT_EQ(errors[1], (config_error{"primary", "not given", errors[1].reason}));
}

TEST(replica_options, take_several_primaries_but_not_themselves) {
  auto values = resolved(command_kind::replica, {{"name", "r"}, {"primary", "a:1,b:2"}});
  EXPECT_EQ(std::get<replica_options>(replica_options_of(values)).primaries.size(), 2u);
  values = resolved(command_kind::replica,
                    {{"name", "r"}, {"primary", "127.0.0.1:7"}, {"listen", "127.0.0.1:7"}});
  EXPECT_EQ(std::get<std::vector<config_error>>(replica_options_of(values)).size(), 1u);
}

TEST(replica_options, leave_the_default_port_to_a_primary_on_the_same_machine) {
  auto values = resolved(command_kind::replica, {{"name", "r"}, {"primary", "127.0.0.1:4150"}});
  EXPECT_EQ(std::get<replica_options>(replica_options_of(values)).node.listen.port, 0);
}

} // namespace
} // namespace sluice::config
