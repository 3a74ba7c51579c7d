#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::test {

enum class networking { none, simulated };

/// Prepares an actor system in which nothing happens by itself.
class standing_config final : public caf::actor_system_config {
public:
  explicit standing_config(networking kind);
};

/// An actor system whose actors run and whose clock moves only when the test says so. On
/// destruction it kills the actors that it keeps and drops every timer.
class local_node {
public:
  explicit local_node(networking kind = networking::none);
  local_node(const local_node&) = delete;
  local_node& operator=(const local_node&) = delete;
  virtual ~local_node();

  caf::actor_system& system() { return system_; }
  caf::scheduler::test_coordinator& coordinator() { return coordinator_; }
  caf::scoped_actor& self() { return self_; }

  /// Runs actors until none has a message left; the clock stands. @returns how many ran
  std::size_t run();
  /// Moves the clock, firing what is due in order and running to rest after each.
  void advance(caf::timespan duration);
  caf::actor_clock::time_point now() const { return coordinator_.clock().now(); }

  /// Has it killed at the end: an actor that lives on would leak the system.
  template <class Handle>
  Handle keep(Handle handle) {
    kept_.push_back(caf::actor_cast<caf::strong_actor_ptr>(handle));
    return handle;
  }

  /// Kills it as a crash would, and runs to rest.
  template <class Handle>
  void kill(const Handle& handle) {
    caf::anon_send_exit(handle, caf::exit_reason::kill);
    run();
  }

  /// Whether `handle` waits to be run.
  template <class Handle>
  bool has_message(const Handle& handle) {
    return coordinator_.prioritize(handle);
  }

  /// Lets `handle` take exactly one message, which has to be a `Message`.
  template <class Message, class Handle>
  testing::AssertionResult takes(const Handle& handle) {
    if (!coordinator_.prioritize(handle))
      return testing::AssertionFailure() << "it has no message";
    auto* element = caf::actor_cast<caf::abstract_actor*>(handle)->peek_at_next_mailbox_element();
    if (element == nullptr || !element->content().template match_elements<Message>())
      return testing::AssertionFailure() << "its next message is another";
    coordinator_.run_once();
    return testing::AssertionSuccess();
  }

  /// Asks, runs to rest and returns the answer; `sec::request_timeout` when there is none.
  template <class Answer, class Handle, class Question>
  caf::expected<Answer> ask(const Handle& handle, Question question) {
    auto pending = self_->request(handle, caf::infinite, std::move(question));
    run();
    caf::expected<Answer> result{caf::make_error(caf::sec::request_timeout)};
    if (!self_->has_next_message())
      return result;
    pending.receive([&](Answer& answer) { result = std::move(answer); },
                    [&](caf::error& why) { result = std::move(why); });
    return result;
  }

private:
  standing_config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& coordinator_;
  caf::scoped_actor self_;
  std::vector<caf::strong_actor_ptr> kept_;
};

} // namespace sluice::test
