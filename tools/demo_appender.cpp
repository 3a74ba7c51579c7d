#include "tools/demo_appender.hpp"

#include "persistence/checksum.hpp"

#include <sluice/errc.hpp>

namespace sluice::tools {

namespace {

using clock = std::chrono::steady_clock;

/// Longer than any restart of a node in the demo.
constexpr std::chrono::seconds append_timeout{15};

} // namespace

demo_appender::demo_appender(caf::actor_system& system, client_config config,
                             const demo_corpus& corpus)
    : thread_([this, &system, config = std::move(config), &corpus] {
      append_all(system, config, corpus);
    }) {}

demo_appender::~demo_appender() {
  finish();
}

void demo_appender::allow(std::uint64_t records) {
  std::lock_guard lock{mutex_};
  allowed_ = records;
  changed_.notify_all();
}

bool demo_appender::wait_committed(std::uint64_t records, std::chrono::milliseconds timeout) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, timeout, [&] { return committed_ >= records || !failure_.empty(); });
  return committed_ >= records;
}

void demo_appender::finish() {
  {
    std::lock_guard lock{mutex_};
    is_stopped_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable())
    thread_.join();
}

std::string demo_appender::failure() const {
  std::lock_guard lock{mutex_};
  return failure_;
}

void demo_appender::append_all(caf::actor_system& system, const client_config& config,
                               const demo_corpus& corpus) {
  auto began = clock::now();
  auto input = corpus.open();
  auto to = client::open(system, config);
  if (!input || !to)
    return fail(describe(input ? to.error() : input.error()));
  for (std::uint64_t sent = 0; wait_allowed(sent + 1); ++sent) {
    auto record = (*input)->next();
    if (!record)
      fail(describe(record.error()));
    if (!record || !*record)
      break;
    send(*to, std::move(**record));
  }
  to->drain();
  elapsed_ = clock::now() - began;
}

bool demo_appender::wait_allowed(std::uint64_t record) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return record <= allowed_ || is_stopped_ || !failure_.empty(); });
  return record <= allowed_ && failure_.empty();
}

void demo_appender::send(client& to, payload record) {
  auto content = persistence::xxh3(record.view());
  append request;
  request.records.push_back(std::move(record));
  request.options.policy = policy_quorum{};
  request.options.timeout = append_timeout;
  to.append_then(std::move(request),
                 [this, content, began = clock::now()](const append_outcome& outcome) {
                   take(outcome, content, clock::now() - began);
                 });
}

void demo_appender::take(const append_outcome& outcome, digest content,
                         std::chrono::nanoseconds latency) {
  const auto* done = std::get_if<committed>(&outcome);
  if (done == nullptr)
    return fail(to_string(outcome));
  std::lock_guard lock{mutex_};
  if (!history_.emplace(done->records.first, content).second && failure_.empty())
    failure_ = "two records were given LSN " + to_string(done->records.first);
  latencies_.add(latency);
  ++committed_;
  changed_.notify_all();
}

void demo_appender::fail(std::string why) {
  std::lock_guard lock{mutex_};
  if (failure_.empty())
    failure_ = std::move(why);
  changed_.notify_all();
}

} // namespace sluice::tools
