#include "tools/append_job.hpp"

#include "config/units.hpp"
#include "persistence/checksum.hpp"
#include "tools/append_report.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace sluice::tools {

namespace {

using clock = std::chrono::steady_clock;

/// Answered appends between the client's threads and the one that tells of them. The sender
/// waits when it is too far ahead of what was told.
class answers {
public:
  explicit answers(std::size_t untold_max) : untold_max_(untold_max) {}

  void expect_one() {
    std::unique_lock lock{mutex_};
    told_.wait(lock, [this] { return untold_ < untold_max_; });
    ++untold_;
  }

  void add(answered_append answered) {
    std::lock_guard lock{mutex_};
    if (!std::holds_alternative<committed>(answered.outcome))
      is_stopped_ = true;
    queue_.push_back(std::move(answered));
    if (queue_.size() == 1)
      arrived_.notify_one();
  }

  void end() {
    std::lock_guard lock{mutex_};
    is_ended_ = true;
    arrived_.notify_one();
  }

  void stop() { is_stopped_ = true; }

  /// Whether an append was not committed, or nobody can be told.
  bool is_stopped() const { return is_stopped_; }

  /// Hands over answers until the end; `tell` gets what there is at once.
  void drain(const std::function<void(const std::vector<answered_append>&)>& tell) {
    std::vector<answered_append> taken;
    std::unique_lock lock{mutex_};
    while (true) {
      arrived_.wait(lock, [this] { return is_ended_ || !queue_.empty(); });
      if (queue_.empty())
        return;
      taken.swap(queue_);
      lock.unlock();
      tell(taken);
      lock.lock();
      untold_ -= taken.size();
      taken.clear();
      told_.notify_one();
    }
  }

private:
  std::size_t untold_max_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable told_;
  std::vector<answered_append> queue_;
  std::size_t untold_ = 0;
  bool is_ended_ = false;
  std::atomic<bool> is_stopped_{false};
};

/// Beyond what may be in flight: answered, but not yet told.
constexpr std::size_t untold_appends = 4096;

/// Why no node takes so much in one append.
caf::error check_one_append(std::uint64_t records, std::uint64_t bytes) {
  constexpr append_limits limits;
  if (records > limits.records_max)
    return make_error(errc::batch_too_large,
                      "the input has more than " + std::to_string(limits.records_max)
                          + " records, which one append cannot hold; nothing was written");
  if (bytes > limits.bytes_max)
    return make_error(errc::too_large,
                      "the input has more than " + config::format_size(limits.bytes_max)
                          + " bytes, which one append cannot hold; nothing was written");
  return {};
}

class sender {
public:
  sender(client& to, const append_job& job, answers& answered)
      : client_(to), job_(job), answers_(answered) {}

  caf::error send_all(record_input& input) {
    while (!answers_.is_stopped()) {
      auto record = input.next();
      if (!record)
        return record.error();
      if (!*record)
        break;
      bytes_ += (*record)->size();
      records_.push_back(std::move(**record));
      if (job_.is_atomic)
        if (auto err = check_one_append(records_.size(), bytes_))
          return err;
      if (!job_.is_atomic && records_.size() >= job_.batch)
        send();
    }
    if (!records_.empty() && !answers_.is_stopped())
      send();
    return {};
  }

private:
  void send() {
    if (job_.expected_lsn && sent_ > 0) {
      // One at a time: behind a mismatch nothing of this input may be written.
      client_.drain();
      if (answers_.is_stopped())
        return;
    }
    append request;
    request.records = std::move(records_);
    request.options.policy = job_.policy;
    request.options.timeout = job_.timeout;
    if (job_.expected_lsn)
      request.options.expected_lsn = lsn{job_.expected_lsn->value + sent_};
    answered_append answered;
    answered.ordinal = sent_ + 1;
    answered.records = request.records.size();
    answered.bytes = bytes_;
    if (!job_.ack_log.empty())
      for (const auto& record : request.records)
        answered.checksums.push_back(persistence::crc32c(record.view()));
    sent_ += answered.records;
    records_ = {};
    bytes_ = 0;
    answers_.expect_one();
    client_.append_then(std::move(request),
                        [&to = answers_, began = clock::now(),
                         answered = std::move(answered)](append_outcome outcome) mutable {
                          answered.latency = clock::now() - began;
                          answered.outcome = std::move(outcome);
                          to.add(std::move(answered));
                        });
  }

  client& client_;
  const append_job& job_;
  answers& answers_;
  std::vector<payload> records_;
  std::uint64_t bytes_ = 0;
  std::uint64_t sent_ = 0;
};

} // namespace

exit_status run(caf::actor_system& system, const append_job& job, record_input& input) {
  append_report report{job};
  if (auto err = report.open())
    return complain(err);
  auto opened = client::open(system, job.client);
  if (!opened)
    return complain(opened.error());
  answers answered{job.client.in_flight_max + untold_appends};
  auto began = clock::now();
  std::thread teller{[&] {
    answered.drain([&](const std::vector<answered_append>& batch) {
      for (const auto& x : batch)
        report.add(x);
      report.flush();
      if (report.failure())
        answered.stop();
    });
  }};
  auto input_failure = sender{*opened, job, answered}.send_all(input);
  opened->drain();
  answered.end();
  teller.join();
  auto status = report.finish(clock::now() - began);
  if (input_failure && status == exit_status::done)
    status = complain(input_failure);
  return status;
}

} // namespace sluice::tools
