#include "tools/command_line.hpp"

#include "tools/config_flags.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace sluice::tools {

namespace {

using config::config_error;

class help_style final : public CLI::Formatter {
public:
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text;
    if (option->get_type_size() != 0 && option->get_type_name() != " ")
      text = " " + option->get_type_name();
    return option->get_required() ? text + " (needed)" : text;
  }
};

const CLI::App* find_command(const CLI::App& group, const std::string& name) {
  auto found = group.get_subcommands([&](const CLI::App* x) { return x->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

/// Whether the option `word` of some command of the group has its value in the next word.
bool takes_next(const CLI::App& group, const std::string& word) {
  for (const auto* command : group.get_subcommands([](const CLI::App*) { return true; }))
    if (const auto* option = command->get_option_no_throw(word))
      return option->get_expected_min() > 0;
  return false;
}

/// Where the first word stands that is no option of a command of the group and no value of
/// one; the end without any.
std::size_t find_word(const CLI::App& group, const std::vector<std::string>& words,
                      std::size_t begin) {
  for (auto i = begin; i < words.size(); ++i) {
    const auto& word = words[i];
    if (!word.starts_with('-'))
      return i;
    if (word.find('=') == std::string::npos && takes_next(group, word))
      ++i;
  }
  return words.size();
}

/// The innermost command that was named.
const CLI::App& chosen_of(const CLI::App& app) {
  const auto* command = &app;
  while (!command->get_subcommands().empty())
    command = command->get_subcommands().front();
  return *command;
}

std::string words_of(const CLI::App& command) {
  const auto* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : words_of(*parent) + " " + command.get_name();
}

/// `slots `; nothing of the program itself.
std::string prefix_of(const CLI::App& group) {
  auto words = words_of(group);
  auto behind = words.find(' ');
  return behind == std::string::npos ? std::string{} : words.substr(behind + 1) + " ";
}

std::string names_in(const CLI::App& group) {
  std::string text;
  for (const auto* x : group.get_subcommands([](const CLI::App*) { return true; }))
    text += (text.empty() ? "" : ", ") + x->get_name();
  return text;
}

std::string name_of(const CLI::Option& option) {
  auto name = option.get_name();
  return name.substr(std::min(name.find_first_not_of('-'), name.size()));
}

/// Of one option, beside its value.
void judge(const CLI::Option& option, std::vector<config_error>& errors) {
  if (option.get_required() && option.count() == 0)
    errors.push_back({name_of(option), "not given", "is needed: " + option.get_description()});
  if (option.count() == 0)
    return;
  for (const auto* other : option.get_needs())
    if (other->count() == 0)
      errors.push_back({name_of(option), "command line", "needs " + other->get_name() + " too"});
  // Both sides know of it; one tells.
  for (const auto* other : option.get_excludes())
    if (other->count() > 0 && option.get_name() < other->get_name())
      errors.push_back({name_of(option), "command line", "cannot go with " + other->get_name()});
}

/// Of a group without a command of it.
config_error judge_group(const CLI::App& group) {
  auto words = group.remaining();
  if (auto word = find_word(group, words, 0); word < words.size())
    return {"", "there is no command '" + prefix_of(group) + words[word] + "'",
            "there are " + names_in(group)};
  return {"", words_of(group), "a command is needed: " + names_in(group)};
}

/// What the parser complains of one by one.
std::vector<config_error> judge(const CLI::App& command) {
  if (command.get_require_subcommand_min() > 0 && command.get_subcommands().empty())
    return {judge_group(command)};
  std::vector<config_error> errors;
  for (const auto* group = command.get_parent(); group != nullptr; group = group->get_parent())
    for (const auto& word : group->remaining())
      errors.push_back({"", "'" + word + "'", "stands before the command that it belongs to"});
  for (const auto& word : command.remaining())
    errors.push_back({"", "'" + word + "'",
                      word.starts_with('-') ? "there is no such option" : "is one word too many"});
  for (const auto* option : command.get_options())
    judge(*option, errors);
  return errors;
}

std::vector<config_error> joined(std::vector<config_error> first,
                                 const std::vector<config_error>& rest) {
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

exit_status complain(const CLI::App& command, const std::vector<config_error>& usage,
                     const std::vector<config_error>& settings) {
  tools::complain(joined(usage, settings));
  return tools::complain(exit_status::bad_usage,
                         "`" + words_of(command) + " --help` tells what there is");
}

/// Whether all words were read, and values taken, before the parser gave up.
bool is_read(const CLI::ParseError& error) {
  using enum CLI::ExitCodes;
  auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  return code == RequiredError || code == RequiresError || code == ExcludesError
         || code == ExtrasError;
}

} // namespace

void set_help_style(CLI::App& app) {
  app.formatter(std::make_shared<help_style>());
}

std::vector<std::string> in_order(const CLI::App& app, std::vector<std::string> words) {
  const auto* group = words.empty() ? nullptr : find_command(app, words.front());
  if (group == nullptr || group->get_require_subcommand_min() == 0)
    return words;
  auto found = find_word(*group, words, 1);
  if (found < words.size() && find_command(*group, words[found]) != nullptr) {
    auto position = words.begin() + static_cast<std::ptrdiff_t>(found);
    std::rotate(words.begin() + 1, position, position + 1);
  }
  return words;
}

exit_status tell(const CLI::App& app, const chosen_command& chosen, const CLI::ParseError& error) {
  // Asked-for help and versions are not errors; everything else is bad usage.
  if (error.get_exit_code() == 0) {
    app.exit(error);
    return exit_status::done;
  }
  const auto& command = chosen_of(app);
  // Of words that could not be read the rest is only guessed at.
  if (!is_read(error))
    return complain(command, {{"", words_of(command), error.what()}}, {});
  auto found = judge(command);
  if (found.empty())
    found = {{"", words_of(command), error.what()}};
  return complain(command, joined(chosen.faults.errors(), found),
                  chosen.faults_of_settings(command));
}

exit_status tell(const CLI::App& app, const chosen_command& chosen) {
  const auto& command = chosen_of(app);
  return complain(command, chosen.faults.errors(), chosen.faults_of_settings(command));
}

} // namespace sluice::tools
