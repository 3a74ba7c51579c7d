#include "bench/support/load.hpp"

#include "bench/support/stopwatch.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

namespace sluice::bench {

namespace {

bool is_committed(const append_outcome& outcome) {
  return std::holds_alternative<committed>(outcome);
}

/// Collects answers that come on threads of the node.
class answer_book {
public:
  explicit answer_book(std::size_t records_per_append) : records_per_append_(records_per_append) {
    latencies_us_.reserve(1 << 20);
  }

  void note(moment began, const append_outcome& outcome) {
    auto took = microseconds_since(began);
    std::lock_guard guard{mutex_};
    if (is_committed(outcome))
      latencies_us_.push_back(took);
    else
      ++failed_;
  }

  load_result take(double seconds) {
    std::lock_guard guard{mutex_};
    auto records = latencies_us_.size() * records_per_append_;
    return {seconds, records, failed_, std::move(latencies_us_)};
  }

private:
  std::size_t records_per_append_;
  std::mutex mutex_;
  std::vector<double> latencies_us_;
  std::uint64_t failed_ = 0;
};

/// How many of a thread's appends are unanswered. The thread that finds too many sleeps until
/// there is room for a quarter of them: to be woken for each costs more than an append.
class flight_window {
public:
  explicit flight_window(std::uint64_t in_flight_max) : in_flight_max_(in_flight_max) {}

  /// Blocks until one more may be in flight.
  void enter() {
    if (entered_++ - left_seen_ < in_flight_max_)
      return;
    left_seen_ = left_.load();
    if (entered_ - left_seen_ > in_flight_max_)
      wait_for(entered_ - in_flight_max_ + in_flight_max_ / 4);
  }

  /// One was answered; on any thread.
  void leave() {
    if (++left_ == awaited_.load())
      left_.notify_one();
  }

  void drain() { wait_for(entered_); }

private:
  void wait_for(std::uint64_t left) {
    awaited_ = left;
    for (left_seen_ = left_.load(); left_seen_ < left; left_seen_ = left_.load())
      left_.wait(left_seen_);
  }

  std::uint64_t in_flight_max_;
  std::uint64_t entered_ = 0;
  std::uint64_t left_seen_ = 0;
  std::atomic<std::uint64_t> left_{0};
  std::atomic<std::uint64_t> awaited_{0};
};

} // namespace

append make_append(const load_shape& shape) {
  append what;
  payload bytes{std::string(shape.record_bytes, 'b')};
  what.records.assign(shape.records_per_append, bytes);
  what.options.policy = shape.policy;
  what.options.timeout = std::chrono::seconds{20};
  return what;
}

load_result run_callers(const append_function& call, std::size_t callers, const load_shape& shape,
                        std::chrono::milliseconds duration) {
  auto what = make_append(shape);
  std::vector<load_result> each(callers);
  std::vector<std::thread> threads;
  auto began = now();
  for (auto& mine : each)
    threads.emplace_back([&] {
      while (now() - began < duration) {
        auto called = now();
        if (is_committed(call(what)))
          mine.latencies_us.push_back(microseconds_since(called));
        else
          ++mine.failed;
      }
    });
  for (auto& thread : threads)
    thread.join();
  load_result all;
  all.seconds = seconds_since(began);
  for (auto& one : each) {
    all.failed += one.failed;
    all.latencies_us.insert(all.latencies_us.end(), one.latencies_us.begin(),
                            one.latencies_us.end());
  }
  all.records = all.latencies_us.size() * shape.records_per_append;
  return all;
}

load_result run_in_flight(sluice::log log, std::size_t in_flight, const load_shape& shape,
                          std::chrono::milliseconds duration, std::uint64_t bytes) {
  auto what = make_append(shape);
  answer_book book{shape.records_per_append};
  flight_window window{in_flight};
  auto began = now();
  std::uint64_t appended = 0;
  while (now() - began < duration && appended < bytes) {
    window.enter();
    auto called = now();
    log.append_then(what, [&book, &window, called](const append_outcome& outcome) {
      book.note(called, outcome);
      window.leave();
    });
    appended += shape.record_bytes * shape.records_per_append;
  }
  window.drain();
  return book.take(seconds_since(began));
}

load_result run_paced(sluice::log log, std::uint64_t bytes_per_second, const load_shape& shape,
                      std::chrono::milliseconds duration,
                      const std::function<void()>& each_second) {
  // So many unanswered appends would be seconds of load: then the node is too slow.
  constexpr std::uint64_t unanswered_max = 100'000;
  auto what = make_append(shape);
  answer_book book{shape.records_per_append};
  flight_window window{unanswered_max};
  auto append_bytes = shape.record_bytes * shape.records_per_append;
  std::chrono::nanoseconds gap{1'000'000'000ull * append_bytes / bytes_per_second};
  auto began = now();
  auto due = began;
  auto next_second = began + std::chrono::seconds{1};
  while (due - began < duration) {
    std::this_thread::sleep_until(due);
    window.enter();
    log.append_then(what, [&book, &window, due](const append_outcome& outcome) {
      book.note(due, outcome);
      window.leave();
    });
    due += gap;
    if (each_second && due > next_second) {
      each_second();
      next_second += std::chrono::seconds{1};
    }
  }
  window.drain();
  return book.take(seconds_since(began));
}

} // namespace sluice::bench
