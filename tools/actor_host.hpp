#pragma once

#include <caf/fwd.hpp>

#include <memory>

namespace sluice::tools {

/// The actor system of a command: made here, so that the commands need not compile CAF.
/// Signals that are to be waited for are blocked before it is made; its threads inherit it.
class actor_host {
public:
  actor_host();

  /// Waits for its actors a moment only: CAF 0.17 waits for ever when a connection was just
  /// being made, and a node whose log is closed may still prepare a segment.
  ~actor_host();

  caf::actor_system& system();

  /// Whether one was left behind, running: then the process must end without destroying
  /// what its threads may use.
  static bool is_left_behind();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace sluice::tools
