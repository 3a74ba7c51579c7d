#include "bench/cluster/scenarios.hpp"
#include "bench/support/cluster.hpp"
#include "bench/support/load.hpp"
#include "bench/support/raw_disk.hpp"
#include "bench/support/stopwatch.hpp"

#include "persistence/spool_reader.hpp"

#include <sluice/log_actor.hpp>

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <stdexcept>

namespace sluice::bench {

namespace {

constexpr std::uint64_t raw_file_bytes = 64ull * 1024 * 1024;

struct actor_caller_state {
  std::vector<double> latencies_us;
  moment until;
};

using actor_caller = caf::stateful_actor<actor_caller_state>;

void append_next(actor_caller* self, const log_actor& log, const append& what,
                 const caf::actor& whom) {
  auto called = now();
  if (called >= self->state.until) {
    self->send(whom, std::move(self->state.latencies_us));
    return;
  }
  self->request(log, std::chrono::seconds{30}, what).then([=](const appended& answer) {
    if (std::holds_alternative<committed>(answer.outcome))
      self->state.latencies_us.push_back(microseconds_since(called));
    append_next(self, log, what, whom);
  });
}

/// One event-based actor with one append at a time.
std::vector<double> run_actor(cluster& nodes, std::chrono::milliseconds duration) {
  caf::scoped_actor waiting{nodes.system()};
  auto log = nodes.primary().actor_handle();
  caf::actor whom{waiting};
  nodes.system().spawn([=](actor_caller* self) {
    self->state.until = now() + duration;
    append_next(self, log, make_append({}), whom);
  });
  std::vector<double> latencies;
  waiting->receive([&](std::vector<double>& found) { latencies = std::move(found); });
  return latencies;
}

/// The sizes of the batches that a closed log holds.
std::vector<std::string> batches_of(const std::filesystem::path& data, lsn through) {
  std::vector<std::string> found;
  auto reader = persistence::spool_reader::open(persistence::posix_vfs(), data / "log");
  if (!reader)
    reader = persistence::spool_reader::open(persistence::posix_vfs(), data);
  lsn after;
  while (reader && after < through) {
    auto batches = (*reader)->read_batches(after, through, {});
    if (!batches || batches->empty())
      throw std::runtime_error("the log cannot be read back");
    for (const auto& batch : *batches)
      found.emplace_back(batch.bytes.view());
    after = batches->back().last;
  }
  return found;
}

} // namespace

void measure_local(scenario_context& context) {
  context.out.remark("local: answered after fdatasync on the primary; 1 KiB records");
  cluster nodes{{}};
  raw_file raw{nodes.directory(), raw_file_bytes};
  auto call = [&](append what) { return nodes.log().append_and_wait(std::move(what)); };
  std::vector<double> raw_p50, over_raw, actor_over_raw, eight, sixty_four;
  run_callers(call, 1, {}, std::chrono::milliseconds{200});
  for (std::size_t i = 0; i < context.repeats(); ++i) {
    auto limit = median(raw_latencies(raw, 1024, context.run_time() / 2));
    raw_p50.push_back(limit);
    over_raw.push_back(median(run_callers(call, 1, {}, context.run_time()).latencies_us) - limit);
    actor_over_raw.push_back(median(run_actor(nodes, context.run_time())) - limit);
    eight.push_back(run_callers(call, 8, {}, context.run_time()).rate());
    sixty_four.push_back(run_callers(call, 64, {}, context.run_time()).rate());
  }
  context.out.note("local.raw.p50", median(raw_p50), "us");
  context.out.at_most("local.1_caller.p50_over_raw", median(over_raw), "us", 40);
  context.out.at_most("local.1_actor.p50_over_raw", median(actor_over_raw), "us", 170);
  context.out.at_least("local.8_callers.rate", median(eight), "commits/s", 24'000);
  context.out.at_least("local.64_callers.rate", median(sixty_four), "commits/s", 57'000);
}

void measure_pipeline(scenario_context& context) {
  context.out.remark("pipeline: local, 256 B records, 1,024 in flight; raw: the same bytes in the "
                     "same batches, pwrite and fdatasync each");
  std::vector<double> rates, ratios;
  for (std::size_t i = 0; i < context.repeats(); ++i) {
    cluster nodes{{}};
    auto result = run_in_flight(nodes.log(), 1024, {256, 1, {}}, context.run_time());
    auto through = nodes.log().status();
    if (!through)
      throw std::runtime_error(describe(through.error()));
    if (auto err = nodes.primary().close())
      throw std::runtime_error(describe(err));
    auto batches = batches_of(nodes.data(), through->durable);
    raw_file raw{nodes.directory(), raw_file_bytes};
    auto began = now();
    for (const auto& batch : batches)
      raw.write_and_sync(batch);
    auto raw_rate = static_cast<double>(result.records) / seconds_since(began);
    rates.push_back(result.rate());
    ratios.push_back(100 * result.rate() / raw_rate);
  }
  context.out.note("pipeline.local.rate", median(rates), "records/s");
  context.out.at_least("pipeline.local.rate_of_raw", median(ratios), "%", 80);
}

} // namespace sluice::bench
