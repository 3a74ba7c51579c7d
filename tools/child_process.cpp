#include "tools/child_process.hpp"

#include <sluice/errc.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// The header of glibc 2.36 forgets to say so.
extern "C" {
#include <sys/pidfd.h>
}

namespace sluice::tools {

namespace {

using clock = std::chrono::steady_clock;

caf::error failed(const std::string& what) {
  return make_error(errc::io_error, what + ": " + std::strerror(errno));
}

/// Everything that the child needs between fork and exec, where nothing may be allocated.
struct prepared_child {
  const char* program;
  std::vector<char*> arguments;
  int input;
  int output;
  int errors;
  pid_t parent;
};

[[noreturn]] void become(const prepared_child& child) {
  // Whoever kills the parent must not leave nodes behind.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != child.parent)
    _exit(127);
  dup2(child.input, STDIN_FILENO);
  dup2(child.output, STDOUT_FILENO);
  if (child.errors >= 0)
    dup2(child.errors, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  execvp(child.program, child.arguments.data());
  _exit(127);
}

owned_descriptor open_for_child(const std::filesystem::path& path, int flags) {
  const auto* name = path.empty() ? "/dev/null" : path.c_str();
  return owned_descriptor{::open(name, flags | O_CLOEXEC, 0644)};
}

int milliseconds_until(clock::time_point deadline) {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
}

/// Whether `descriptor` has something to say before `deadline`.
bool wait_readable(int descriptor, clock::time_point deadline) {
  pollfd entry{descriptor, POLLIN, 0};
  while (true) {
    auto got = poll(&entry, 1, milliseconds_until(deadline));
    if (got >= 0 || errno != EINTR)
      return got > 0;
  }
}

} // namespace

owned_descriptor::owned_descriptor(owned_descriptor&& other) noexcept
    : number_(std::exchange(other.number_, -1)) {}

owned_descriptor& owned_descriptor::operator=(owned_descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

owned_descriptor::~owned_descriptor() {
  close();
}

void owned_descriptor::close() {
  if (number_ >= 0)
    ::close(std::exchange(number_, -1));
}

caf::expected<child_process> child_process::start(const child_start& what) {
  auto input = open_for_child(what.input, O_RDONLY);
  owned_descriptor output;
  owned_descriptor reading;
  if (what.output.empty()) {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0)
      return failed("pipe");
    reading = owned_descriptor{ends[0]};
    output = owned_descriptor{ends[1]};
  } else {
    output = open_for_child(what.output, O_WRONLY | O_CREAT | O_APPEND);
  }
  owned_descriptor errors;
  if (!what.errors.empty())
    errors = open_for_child(what.errors, O_WRONLY | O_CREAT | O_APPEND);
  if (!input.is_open() || !output.is_open() || (!what.errors.empty() && !errors.is_open()))
    return failed("streams of " + what.program.string());
  prepared_child child{what.program.c_str(), {},      input.number(), output.number(),
                       errors.number(),      getpid()};
  auto name = what.program.string();
  auto arguments = what.arguments;
  child.arguments.push_back(name.data());
  for (auto& argument : arguments)
    child.arguments.push_back(argument.data());
  child.arguments.push_back(nullptr);
  auto id = fork();
  if (id < 0)
    return failed("fork");
  if (id == 0)
    become(child);
  return child_process{id, owned_descriptor{pidfd_open(id, 0)}, std::move(reading)};
}

child_process::child_process(pid_t id, owned_descriptor handle, owned_descriptor output)
    : id_(id), handle_(std::move(handle)), output_(std::move(output)) {}

child_process& child_process::operator=(child_process&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(handle_, other.handle_);
  std::swap(output_, other.output_);
  std::swap(unread_, other.unread_);
  std::swap(status_, other.status_);
  return *this;
}

child_process::~child_process() {
  // A moved-from one has no handle.
  if (handle_.is_open())
    kill();
}

caf::expected<std::string> child_process::read_line(std::chrono::milliseconds timeout) {
  auto deadline = clock::now() + timeout;
  while (true) {
    if (auto end = unread_.find('\n'); end != std::string::npos) {
      auto line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    if (!wait_readable(output_.number(), deadline))
      return make_error(errc::timed_out, "no line came from process " + std::to_string(id_));
    char block[4096];
    auto got = ::read(output_.number(), block, sizeof block);
    if (got == 0)
      return make_error(errc::closed, "process " + std::to_string(id_) + " said nothing more");
    if (got < 0 && errno != EINTR)
      return failed("read");
    unread_.append(block, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
}

void child_process::signal(int number) {
  if (!status_)
    ::kill(id_, number);
}

std::optional<int> child_process::wait_for(std::chrono::milliseconds timeout) {
  if (!status_ && wait_readable(handle_.number(), clock::now() + timeout))
    reap();
  return status_;
}

void child_process::kill() {
  if (status_)
    return;
  ::kill(id_, SIGKILL);
  reap();
}

void child_process::reap() {
  int raw = 0;
  while (waitpid(id_, &raw, 0) < 0 && errno == EINTR) {
  }
  status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

std::filesystem::path this_program() {
  std::error_code code;
  auto path = std::filesystem::read_symlink("/proc/self/exe", code);
  return code ? std::filesystem::path{"/proc/self/exe"} : path;
}

} // namespace sluice::tools
