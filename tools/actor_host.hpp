#pragma once

#include <caf/fwd.hpp>

#include <memory>

namespace sluice::tools {

/// The actor system of a command: made here, so that the commands need not compile CAF.
/// Signals that are to be waited for are blocked before it is made; its threads inherit it.
class actor_host {
public:
  actor_host();
  ~actor_host();

  caf::actor_system& system();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace sluice::tools
