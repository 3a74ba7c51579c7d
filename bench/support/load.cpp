#include "bench/support/load.hpp"

#include "bench/support/stopwatch.hpp"

#include <atomic>
#include <mutex>
#include <semaphore>
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
  std::counting_semaphore credit{static_cast<std::ptrdiff_t>(in_flight)};
  auto began = now();
  std::uint64_t appended = 0;
  while (now() - began < duration && appended < bytes) {
    credit.acquire();
    auto called = now();
    log.append_then(what, [&book, &credit, called](const append_outcome& outcome) {
      book.note(called, outcome);
      credit.release();
    });
    appended += shape.record_bytes * shape.records_per_append;
  }
  for (std::size_t i = 0; i < in_flight; ++i)
    credit.acquire();
  return book.take(seconds_since(began));
}

load_result run_paced(sluice::log log, std::uint64_t bytes_per_second, const load_shape& shape,
                      std::chrono::milliseconds duration,
                      const std::function<void()>& each_second) {
  // So many unanswered appends would be seconds of load: then the node is too slow.
  constexpr std::ptrdiff_t unanswered_max = 100'000;
  auto what = make_append(shape);
  answer_book book{shape.records_per_append};
  std::counting_semaphore credit{unanswered_max};
  auto append_bytes = shape.record_bytes * shape.records_per_append;
  std::chrono::nanoseconds gap{1'000'000'000ull * append_bytes / bytes_per_second};
  auto began = now();
  auto due = began;
  auto next_second = began + std::chrono::seconds{1};
  while (due - began < duration) {
    std::this_thread::sleep_until(due);
    credit.acquire();
    log.append_then(what, [&book, &credit, due](const append_outcome& outcome) {
      book.note(due, outcome);
      credit.release();
    });
    due += gap;
    if (each_second && due > next_second) {
      each_second();
      next_second += std::chrono::seconds{1};
    }
  }
  for (std::ptrdiff_t i = 0; i < unanswered_max; ++i)
    credit.acquire();
  return book.take(seconds_since(began));
}

} // namespace sluice::bench
