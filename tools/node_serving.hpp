#pragma once

#include "config/node_options.hpp"
#include "config/source.hpp"
#include "tools/exit_status.hpp"
#include "tools/stop_signal.hpp"

#include <sluice/node_config.hpp>

#include <functional>
#include <string_view>

namespace sluice::tools {

/// Fills in what primaries and replicas share.
void take_options(const config::node_options& options, node_config& into);

/// Warns of what was set although this version does not use it.
void warn_of_unused(const config::resolved_options& values);

/// The one line that a node prints when it serves.
std::string ready_line(const node_start& start, const node_endpoint& listening);

/// Prints `ready`, waits for the signal to stop, then calls `close`; the process ends within
/// five seconds of the signal, whatever the node does.
exit_status serve(const std::string& ready, stop_signal& signal,
                  const std::function<caf::error()>& close);

} // namespace sluice::tools
