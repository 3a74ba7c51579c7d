#include "config/source.hpp"

#include <sluice/errc.hpp>

#include <gtest/gtest.h>

namespace sluice::config {
namespace {

config_sources with_file(const std::string& text) {
  config_sources sources;
  sources.file = config_file{"s.ini", text};
  return sources;
}

resolved_options loaded(const config_sources& sources,
                        command_kind command = command_kind::primary) {
  auto result = load(command, sources);
  for (const auto& x : result.errors)
    ADD_FAILURE() << to_string(x);
  return result.values;
}

/// Keys and sources of what is wrong.
std::vector<std::string> faults(const config_sources& sources,
                                command_kind command = command_kind::primary) {
  std::vector<std::string> result;
  for (const auto& x : load(command, sources).errors)
    result.push_back(x.key + "@" + x.source);
  return result;
}

TEST(read_config_file, takes_an_empty_one_and_says_why_another_cannot_be_read) {
  auto empty = read_config_file("/dev/null");
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->text, "");
  auto missing = read_config_file("/dev/null/nothing");
  ASSERT_FALSE(missing);
  EXPECT_NE(context_of(missing.error()).find("/dev/null/nothing: Not a directory"),
            std::string::npos)
      << context_of(missing.error());
  EXPECT_FALSE(read_config_file("/"));
}

TEST(load, prefers_the_command_line_to_the_environment_to_the_file_to_the_default) {
  auto sources = with_file("[sluice]\nwindow=\"1M\"\nbuffer=\"1M\"\nretain-min=\"1M\"\n");
  sources.environment = {{"SLUICE_WINDOW", "2M"}, {"SLUICE_BUFFER", "2M"}, {"HOME", "/"}};
  sources.command_line = {{"window", "3M"}};
  auto values = loaded(sources);
  EXPECT_EQ(values.at("window"), (resolved_value{"3M", "command line"}));
  EXPECT_EQ(values.at("buffer"), (resolved_value{"2M", "SLUICE_BUFFER"}));
  EXPECT_EQ(values.at("retain-min"), (resolved_value{"1M", "s.ini"}));
  EXPECT_EQ(values.at("segment-size"), (resolved_value{"64M", "default"}));
  EXPECT_FALSE(values.contains("members"));
}

TEST(load, reads_the_types_of_a_file) {
  auto values = loaded(with_file("; a comment\n[sluice]\ndata=\"/var/log\"\ninsecure=true\n"
                                 "max-slots=7\ncommit-timeout=90s\nmembers=\"p,a\"\n"));
  EXPECT_EQ(values.at("data").text, "/var/log");
  EXPECT_EQ(values.at("insecure").text, "true");
  EXPECT_EQ(values.at("max-slots").text, "7");
  EXPECT_EQ(values.at("commit-timeout").text, "90s");
}

TEST(load, refuses_a_file_that_it_cannot_read) {
  EXPECT_EQ(faults(with_file("[sluice\n")), std::vector<std::string>{"@s.ini"});
  EXPECT_EQ(faults(with_file("[sluice]\ndata=unquoted\n")), std::vector<std::string>{"@s.ini"});
}

TEST(load, refuses_other_sections_and_loose_keys) {
  EXPECT_EQ(faults(with_file("[other]\nx=1\n")), std::vector<std::string>{"other@s.ini"});
  EXPECT_EQ(faults(with_file("data=\"d\"\n")), std::vector<std::string>{"data@s.ini"});
  EXPECT_EQ(faults(with_file("[sluice.primary]\nx=1\n")),
            std::vector<std::string>{"primary@s.ini"});
}

TEST(load, tells_all_errors_of_all_sources_at_once) {
  auto sources = with_file("[sluice]\nwindow=\"wide\"\nwidth=3\nmax-slots=[1]\n");
  sources.environment = {{"SLUICE_COMMIT_TIMEOUT", "5"}, {"SLUICE_NO_SUCH", "1"}};
  sources.command_line = {{"name", "a/b"}};
  EXPECT_EQ(faults(sources),
            (std::vector<std::string>{"max-slots@s.ini", "width@s.ini", "window@s.ini",
                                      "commit-timeout@SLUICE_COMMIT_TIMEOUT",
                                      "SLUICE_NO_SUCH@SLUICE_NO_SUCH", "name@command line"}));
}

TEST(load, refuses_a_bad_value_below_a_good_one) {
  auto sources = with_file("[sluice]\nwindow=\"wide\"\n");
  sources.command_line = {{"window", "4M"}};
  EXPECT_EQ(faults(sources), std::vector<std::string>{"window@s.ini"});
}

TEST(load, passes_over_shared_keys_of_other_commands_but_not_on_the_command_line) {
  auto sources = with_file("[sluice]\nmembers=\"p,a\"\n");
  sources.environment = {{"SLUICE_PRIMARY", "p:1"}, {"SLUICE_MEMBERS", "p,a"}};
  EXPECT_FALSE(loaded(sources, command_kind::replica).contains("members"));
  sources.command_line = {{"members", "p,a"}};
  EXPECT_EQ(faults(sources, command_kind::replica),
            std::vector<std::string>{"members@command line"});
}

TEST(load, keeps_the_weaker_value_below_a_bad_one) {
  config_sources sources;
  sources.command_line = {{"window", "wide"}};
  EXPECT_EQ(load(command_kind::primary, sources).values.at("window").text, "4M");
}

TEST(load, takes_the_addresses_of_clients_from_file_and_environment) {
  auto sources = with_file("[sluice]\nto=\"a:1,b:2\"\nof=\"a:1\"\n");
  sources.environment = {{"SLUICE_FROM", "c:3"}, {"SLUICE_OF", "c:3"}};
  EXPECT_EQ(loaded(sources, command_kind::append).at("to"), (resolved_value{"a:1,b:2", "s.ini"}));
  EXPECT_EQ(loaded(sources, command_kind::read).at("from"), (resolved_value{"c:3", "SLUICE_FROM"}));
  EXPECT_EQ(loaded(sources, command_kind::status).at("of").source, "SLUICE_OF");
  EXPECT_FALSE(loaded(sources, command_kind::status).contains("from"));
}

TEST(load, leaves_the_policy_of_an_append_to_the_node) {
  EXPECT_EQ(loaded({}).at("policy").text, "local");
  EXPECT_FALSE(loaded({}, command_kind::append).contains("policy"));
}

TEST(load, leaves_variables_of_tests_alone) {
  config_sources sources;
  sources.environment = {{"SLUICE_TEST_SEED", "1"}, {"SLUICEX", "1"}};
  EXPECT_EQ(faults(sources), std::vector<std::string>{});
}

TEST(config_error, names_key_and_source) {
  EXPECT_EQ(to_string(config_error{"window", "s.ini", "is wrong"}), "window (s.ini): is wrong");
  EXPECT_EQ(to_string(config_error{"", "s.ini", "is wrong"}), "s.ini: is wrong");
}

} // namespace
} // namespace sluice::config
