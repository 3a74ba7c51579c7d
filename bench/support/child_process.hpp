#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::bench {

/// A process that this one started, spoken to through its standard input and output. It
/// ends with this object, and with this process however that ends.
class child_process {
public:
  /// Runs the program at `arguments[0]`.
  explicit child_process(const std::vector<std::string>& arguments);
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process();

  /// The next line of its output, without its end.
  /// @throws std::runtime_error when it says nothing within `patience`, or ended
  std::string read_line(std::chrono::milliseconds patience);

  void signal(int number);

  /// Tells a child of this program to stop by the end of its input, and waits for its end.
  /// @returns the status, as waitpid gives it
  int finish();

  /// Ends it at once, as a crash does.
  void kill();

  pid_t pid() const { return pid_; }

private:
  int wait();
  void close_input();

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string unread_;
};

/// The path of this program.
std::string own_program();

/// What all threads of a process have used of the processors so far, in seconds.
double processor_seconds(pid_t process);

/// Resident memory of a process in bytes; 0 when it is gone.
std::uint64_t resident_bytes(pid_t process);

} // namespace sluice::bench
