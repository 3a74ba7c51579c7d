#include "actors/log_opening.hpp"

#include <spdlog/spdlog.h>

namespace sluice::actors {

persistence::spool_options spool_options_of(const node_config& config) {
  persistence::spool_options options;
  options.segment_bytes = config.segment_bytes;
  options.record_bytes_max = config.record_bytes_max;
  return options;
}

persistence::log_place log_place_of(const node_context& context, persistence::spool_options options,
                                    std::string cluster) {
  return {*context.disk, context.directory, options, {std::move(cluster)}, environment_of(context)};
}

void say_what_was_found(const node_context& context, const persistence::spool& spool) {
  const auto& found = spool.recovery();
  context.log->info("log opened node={} oldest_lsn={} durable_lsn={} clean={} rewritten={}",
                    context.node, spool.oldest_lsn().value, spool.durable_lsn().value,
                    found.clean_close, found.rewritten_records);
  if (found.torn)
    context.log->warn("a torn tail was cut: its last sync is not proven to have returned file={} "
                      "offset={} bytes={} "
                      "lsn={} kept_as={}",
                      found.torn->segment.string(), found.torn->offset, found.torn->bytes,
                      found.torn->lsn.value, found.torn->kept_as.string());
}

caf::expected<std::shared_ptr<persistence::spool>> open_log(const node_context& context,
                                                            const persistence::log_place& place) {
  auto opened = persistence::spool::open(place.disk, place.directory, place.options, place.identity,
                                         place.environment);
  if (!opened)
    return opened.error();
  say_what_was_found(context, **opened);
  return std::shared_ptr<persistence::spool>(std::move(*opened));
}

caf::error with_room_advice(persistence::vfs& disk, const std::filesystem::path& directory,
                            const caf::error& why) {
  if (code_of(why) != errc::no_space)
    return why;
  auto free = disk.free_bytes(directory);
  return make_error(errc::no_space,
                    context_of(why) + "; the volume of " + directory.string() + " has "
                        + (free ? std::to_string(*free) : std::string{"unknown"})
                        + " bytes free: make room on it (nothing in the directory itself may be "
                          "removed but torn/, discarded/ and what nobody wants of diverged/), then "
                          "start again");
}

} // namespace sluice::actors
