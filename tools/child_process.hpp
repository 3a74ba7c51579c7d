#pragma once

#include <caf/expected.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sluice::tools {

/// A descriptor that is closed with its owner.
class owned_descriptor {
public:
  owned_descriptor() = default;
  explicit owned_descriptor(int number) : number_(number) {}
  owned_descriptor(owned_descriptor&& other) noexcept;
  owned_descriptor& operator=(owned_descriptor&& other) noexcept;
  ~owned_descriptor();

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close();

private:
  int number_ = -1;
};

/// What is to be run, and where its streams lead. Empty paths: /dev/null.
struct child_start {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::filesystem::path input;
  /// Appended to; empty: a pipe for `child_process::read_line`.
  std::filesystem::path output;
  /// Appended to; empty: the caller's stderr.
  std::filesystem::path errors;
};

/// A process of ours. It is killed with the thread that started it, and with this object.
class child_process {
public:
  static caf::expected<child_process> start(const child_start& what);

  child_process(child_process&&) noexcept = default;
  child_process& operator=(child_process&& other) noexcept;
  ~child_process();

  pid_t id() const { return id_; }

  /// The next line of its stdout, without the newline.
  /// @returns `errc::timed_out`, or `errc::closed` when it has closed its stdout
  caf::expected<std::string> read_line(std::chrono::milliseconds timeout);

  /// Sends `number` to it, if it was not waited for yet.
  void signal(int number);

  /// Waits for its end: its exit status, or 128 and the signal that ended it. None when it
  /// still runs after `timeout`.
  std::optional<int> wait_for(std::chrono::milliseconds timeout);

  /// SIGKILL, and waits for the end.
  void kill();

private:
  child_process(pid_t id, owned_descriptor handle, owned_descriptor output);

  void reap();

  /// 0 when there is none any more.
  pid_t id_ = 0;
  owned_descriptor handle_;
  owned_descriptor output_;
  std::string unread_;
  std::optional<int> status_;
};

/// The program that is running.
std::filesystem::path this_program();

} // namespace sluice::tools
