#include "bench/support/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sluice::bench {

namespace {

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  return ends;
}

} // namespace

child_process::child_process(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (const auto& argument : arguments)
    pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  auto in = make_pipe();
  auto out = make_pipe();
  auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0)
    throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    // Only what is safe between fork and exec in a process with threads.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
      ::_exit(127);
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  input_ = in[1];
  output_ = out[0];
}

child_process::~child_process() {
  kill();
  ::close(output_);
}

std::string child_process::read_line(std::chrono::milliseconds patience) {
  for (;;) {
    if (auto end = unread_.find('\n'); end != std::string::npos) {
      auto line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    pollfd wanted{output_, POLLIN, 0};
    if (::poll(&wanted, 1, static_cast<int>(patience.count())) <= 0)
      throw std::runtime_error("process " + std::to_string(pid_) + " does not answer");
    std::array<char, 4096> part;
    auto got = ::read(output_, part.data(), part.size());
    if (got <= 0)
      throw std::runtime_error("process " + std::to_string(pid_) + " ended");
    unread_.append(part.data(), static_cast<std::size_t>(got));
  }
}

void child_process::signal(int number) {
  if (pid_ > 0)
    ::kill(pid_, number);
}

void child_process::close_input() {
  if (input_ >= 0)
    ::close(std::exchange(input_, -1));
}

int child_process::wait() {
  int status = 0;
  while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

int child_process::finish() {
  close_input();
  return wait();
}

void child_process::kill() {
  signal(SIGKILL);
  close_input();
  if (pid_ > 0)
    wait();
}

std::string own_program() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

double processor_seconds(pid_t process) {
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  // The name, in parentheses, may hold anything; user and system time are the 12th and
  // 13th word behind it.
  std::getline(stat, text, '\0');
  std::istringstream words{text.substr(text.rfind(')') + 1)};
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    words >> skipped;
  double user = 0;
  double system = 0;
  words >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t resident_bytes(pid_t process) {
  std::ifstream statm("/proc/" + std::to_string(process) + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace sluice::bench
