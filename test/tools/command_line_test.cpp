#include "tools/command_line.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include <algorithm>

namespace sluice::tools {
namespace {

using words = std::vector<std::string>;

struct command_line : testing::Test {
  command_line() {
    app.name("sluice");
    app.require_subcommand(1);
    add_append_command(app, chosen);
    add_read_command(app, chosen);
    add_slots_command(app, chosen);
    add_policy_command(app, chosen);
    add_config_command(app, chosen);
    add_import_command(app, chosen);
    add_inspect_command(app, chosen);
    add_diverged_command(app, chosen);
  }

  /// What is told of `line` on stderr; empty when there is nothing wrong with its words.
  std::string told(words line) {
    line = in_order(app, std::move(line));
    std::reverse(line.begin(), line.end());
    testing::internal::CaptureStderr();
    try {
      app.parse(std::move(line));
      if (!chosen.faults.errors().empty()) {
        EXPECT_EQ(tell(app, chosen), exit_status::bad_usage);
      }
    } catch (const CLI::ParseError& error) {
      EXPECT_EQ(tell(app, chosen, error), exit_status::bad_usage);
    }
    return testing::internal::GetCapturedStderr();
  }

  chosen_command chosen;
  CLI::App app;
};

TEST_F(command_line, takes_options_before_the_command_of_a_group) {
  EXPECT_EQ(in_order(app, {"slots", "--of", "h:1", "list"}),
            (words{"slots", "list", "--of", "h:1"}));
  EXPECT_EQ(in_order(app, {"slots", "--of=h:1", "--json", "drop", "r1"}),
            (words{"slots", "drop", "--of=h:1", "--json", "r1"}));
  EXPECT_EQ(in_order(app, {"policy", "--of", "set", "set", "local"}),
            (words{"policy", "set", "--of", "set", "local"}));
  EXPECT_EQ(in_order(app, {"slots", "list", "--of", "h:1"}),
            (words{"slots", "list", "--of", "h:1"}));
}

TEST_F(command_line, leaves_words_alone_that_are_no_group_or_no_command) {
  for (const auto& line :
       {words{}, words{"append", "--to", "h:1"}, words{"slots"}, words{"slots", "--of", "list"},
        words{"slots", "--help"}, words{"slots", "--of", "h:1", "frobnicate", "list"}})
    EXPECT_EQ(in_order(app, line), line);
}

TEST_F(command_line, tells_every_bad_value_at_once_and_where_it_came_from) {
  auto all = told({"append", "--batch", "0", "--size", "1Q", "--count", "x", "--timeout", "5"});
  for (const auto* part : {"batch (command line)", "size (command line)", "count (command line)",
                           "timeout (command line)", "to (not given)"})
    EXPECT_NE(all.find(part), std::string::npos) << part << "\n" << all;
}

TEST_F(command_line, tells_of_a_format_and_a_limit_at_once) {
  auto all = told({"read", "--limit", "-1", "--format", "xml", "--after", "99999999999999999999"});
  for (const auto* part : {"limit", "format", "after", "too large"})
    EXPECT_NE(all.find(part), std::string::npos) << part << "\n" << all;
}

TEST_F(command_line, tells_everything_that_is_missing_unknown_or_excluded) {
  auto all = told({"import", "--frobnicate", "x"});
  for (const auto* part : {"rdlw (not given)", "data (not given)", "'--frobnicate'", "--help"})
    EXPECT_NE(all.find(part), std::string::npos) << part << "\n" << all;
}

TEST_F(command_line, tells_both_sides_of_what_excludes_each_other_once) {
  auto all = told({"inspect", "d", "--batches", "--records", "--after", "x"});
  EXPECT_NE(all.find("cannot go with"), std::string::npos) << all;
  EXPECT_EQ(all.find("cannot go with"), all.rfind("cannot go with")) << all;
  EXPECT_NE(all.find("after (command line)"), std::string::npos) << all;
}

TEST_F(command_line, names_the_commands_of_a_group) {
  auto all = told({"slots", "--of", "h:1", "frobnicate"});
  EXPECT_NE(all.find("'slots frobnicate': there are list, create"), std::string::npos) << all;
}

TEST_F(command_line, lacks_a_command_after_a_group) {
  EXPECT_NE(told({"slots"}).find("a command is needed: list"), std::string::npos);
  EXPECT_NE(told({"slots", "--of", "h:1"}).find("a command is needed: list"), std::string::npos);
}

TEST_F(command_line, tells_of_options_that_stand_before_their_command) {
  auto all = told({"--data", "x", "import"});
  EXPECT_NE(all.find("'--data': stands before the command"), std::string::npos) << all;
}

TEST_F(command_line, has_nothing_to_tell_of_good_words) {
  EXPECT_EQ(told({"slots", "--of", "127.0.0.1:1", "create", "r1", "--max-bytes", "20G"}), "");
}

TEST_F(command_line, takes_only_what_a_rewind_would_call_a_tail) {
  EXPECT_EQ(told({"diverged", "reapply", "7.2", "--data", "d", "--to", "h:1"}), "");
  for (const std::string name : {"7x", "7.1", "07", "../7", "7.2.3", "18446744073709551616"})
    EXPECT_NE(told({"diverged", "reapply", name, "--data", "d", "--to", "h:1"})
                  .find("'" + name + "' is no tail"),
              std::string::npos)
        << name;
}

} // namespace
} // namespace sluice::tools
