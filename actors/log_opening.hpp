#pragma once

#include "actors/context.hpp"
#include "persistence/log_rewind.hpp"
#include "persistence/spool.hpp"

#include <sluice/node_config.hpp>

#include <caf/expected.hpp>

#include <memory>
#include <string>

namespace sluice::actors {

persistence::spool_options spool_options_of(const node_config& config);

/// @pre `context` outlives what is opened there
persistence::log_place log_place_of(const node_context& context, persistence::spool_options options,
                                    std::string cluster);

/// Logs what opening a log has found.
void say_what_was_found(const node_context& context, const persistence::spool& spool);

/// Opens the log and logs what was found. Blocks on the disk.
caf::expected<std::shared_ptr<persistence::spool>> open_log(const node_context& context,
                                                            const persistence::log_place& place);

/// Why a node cannot start in `directory`; for want of room also how much there is and what
/// to do about it.
caf::error with_room_advice(persistence::vfs& disk, const std::filesystem::path& directory,
                            const caf::error& why);

} // namespace sluice::actors
