#include "actors/log_reopening.hpp"

#include "persistence/spool_reader.hpp"

namespace sluice::actors {

bool is_passing(errc code) {
  return code == errc::no_space || code == errc::overloaded;
}

caf::expected<std::shared_ptr<persistence::spool>>
not_shorter_than(lsn acknowledged, caf::expected<std::shared_ptr<persistence::spool>> opened) {
  if (!opened || (*opened)->durable_lsn() >= acknowledged)
    return opened;
  return make_error(errc::corruption, "the log that was opened again ends at LSN "
                                          + to_string((*opened)->durable_lsn())
                                          + ", it was acknowledged through "
                                          + to_string(acknowledged));
}

caf::error read_recovered(const node_context& context, lsn told, lsn durable,
                          const std::function<void(std::vector<frame_batch>)>& each) {
  if (told == durable)
    return caf::none;
  auto reader = persistence::spool_reader::open(*context.disk, context.directory);
  if (!reader)
    return reader.error();
  while (told < durable) {
    auto batches = (*reader)->read_batches(told, durable, {});
    if (!batches)
      return batches.error();
    if (batches->empty())
      return make_error(errc::corruption, "the log that was opened again ends early");
    told = batches->back().last;
    each(std::move(*batches));
  }
  return caf::none;
}

} // namespace sluice::actors
