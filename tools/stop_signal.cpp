#include "tools/stop_signal.hpp"

#include <thread>

#include <csignal>
#include <ctime>
#include <unistd.h>

namespace sluice::tools {

namespace {

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

} // namespace

stop_signal::stop_signal() {
  auto signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void stop_signal::wait() {
  auto signals = stop_signals();
  int number = 0;
  while (sigwait(&signals, &number) != 0) {
  }
}

bool stop_signal::wait_for(std::chrono::milliseconds timeout) {
  auto signals = stop_signals();
  timespec limit{timeout.count() / 1000, timeout.count() % 1000 * 1'000'000};
  return sigtimedwait(&signals, nullptr, &limit) > 0;
}

void end_within(std::chrono::milliseconds timeout, exit_status status, const char* why) {
  std::thread{[timeout, status, why] {
    std::this_thread::sleep_for(timeout);
    _exit(static_cast<int>(complain(status, why)));
  }}.detach();
}

} // namespace sluice::tools
