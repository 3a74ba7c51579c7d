#include "tools/append_report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace sluice::tools {

namespace {

class decimal {
public:
  explicit decimal(std::uint64_t value)
      : end_(std::to_chars(text_.data(), text_.data() + text_.size(), value).ptr) {}
  std::string_view view() const {
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }

private:
  std::array<char, 20> text_;
  char* end_;
};

} // namespace

append_report::append_report(const append_job& job) : job_(job) {}

append_report::~append_report() {
  if (ack_descriptor_ >= 0)
    ::close(ack_descriptor_);
}

caf::error append_report::open() {
  if (job_.ack_log.empty())
    return {};
  ack_descriptor_ = ::open(job_.ack_log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (ack_descriptor_ < 0)
    return make_error(errc::io_error, "ack log " + job_.ack_log + ": " + std::strerror(errno));
  acks_ = line_writer{ack_descriptor_};
  return {};
}

void append_report::add(const answered_append& answered) {
  if (const auto* outcome = std::get_if<committed>(&answered.outcome))
    add_commit(*outcome, answered);
  else
    add_failure(answered.outcome, answered);
}

void append_report::add_commit(const committed& outcome, const answered_append& answered) {
  latencies_.add(answered.latency);
  records_ += answered.records;
  bytes_ += answered.bytes;
  last_ = std::max(last_, outcome.records.last);
  auto position = outcome.records.first;
  for (std::uint64_t i = 0; i < answered.records; ++i, position = next(position)) {
    decimal text{position.value};
    if (!answered.checksums.empty()) {
      std::array<char, 16> line{};
      std::snprintf(line.data(), line.size(), " %08x\n", answered.checksums[i]);
      acks_.add(text.view());
      acks_.add(line.data());
    }
    if (!job_.is_quiet && !job_.as_json) {
      out_.add(text.view());
      out_.add("\n");
    }
  }
}

void append_report::add_failure(const append_outcome& outcome, const answered_append& answered) {
  if (!first_failure_) {
    first_failure_ = outcome;
    errors_.add("sluice: " + to_string(outcome) + "\n");
  }
  if (const auto* failed = std::get_if<append_failed>(&outcome)) {
    failed_ += answered.records;
    if (failed->code == errc::lsn_mismatch && failed_ == answered.records)
      errors_.add("lsn_mismatch next=" + to_string(failed->next_lsn) + "\n");
  } else if (const auto* late = std::get_if<commit_timeout>(&outcome)) {
    add_unknown(late->records, answered);
  } else {
    add_unknown(std::get<outcome_unknown>(outcome).records, answered);
  }
}

void append_report::add_unknown(const lsn_range& where, const answered_append& answered) {
  unknown_ += answered.records;
  if (where.first == no_lsn)
    return without_lsn_.add(answered.ordinal, answered.records);
  auto position = where.first;
  for (std::uint64_t i = 0; i < answered.records; ++i, position = next(position))
    errors_.add("unknown " + to_string(position) + "\n");
}

void append_report::print_without_lsn() const {
  auto what_next = job_.client.producer.empty()
                       ? std::string{"see with `sluice read` whether they are there before you "
                                     "append them again; under a --producer ID the same input "
                                     "could be run again, and nothing would be doubled"}
                       : "run the same input again with --producer " + job_.client.producer
                             + ", which doubles nothing";
  complain(exit_status::outcome_unknown, "no LSN is known of " + std::to_string(without_lsn_.size())
                                             + " of the " + std::to_string(unknown_)
                                             + " unknown records, input records "
                                             + without_lsn_.text() + ": " + what_next);
}

void append_report::flush() {
  // A record that is told on stdout is in the ack log already.
  acks_.flush();
  out_.flush();
  errors_.flush();
}

caf::error append_report::failure() const {
  if (acks_.failure())
    return acks_.failure();
  return out_.failure();
}

exit_status append_report::finish(std::chrono::nanoseconds elapsed) {
  flush();
  auto seconds = std::chrono::duration<double>(elapsed).count();
  if (job_.as_json)
    print_json(seconds);
  if (without_lsn_.size() > 0)
    print_without_lsn();
  print_summary(seconds);
  if (unknown_ > 0)
    return exit_status::outcome_unknown;
  if (first_failure_)
    return exit_status_of(*first_failure_);
  if (acks_.failure())
    return complain(acks_.failure());
  return complain_of_output(out_);
}

void append_report::print_summary(double seconds) const {
  auto rate = seconds > 0 ? static_cast<double>(records_) / seconds : 0;
  auto megabytes = seconds > 0 ? static_cast<double>(bytes_) / seconds / 1e6 : 0;
  std::fprintf(stderr,
               "records=%llu bytes=%llu seconds=%.3f rate=%.0f/s (%.1f MB/s) p50=%.0fus p99=%.0fus",
               static_cast<unsigned long long>(records_), static_cast<unsigned long long>(bytes_),
               seconds, rate, megabytes, latencies_.quantile_us(0.5), latencies_.quantile_us(0.99));
  if (failed_ + unknown_ > 0)
    std::fprintf(stderr, " failed=%llu unknown=%llu", static_cast<unsigned long long>(failed_),
                 static_cast<unsigned long long>(unknown_));
  std::fputs("\n", stderr);
}

void append_report::print_json(double seconds) {
  nlohmann::ordered_json sum{{"records", records_},
                             {"bytes", bytes_},
                             {"seconds", seconds},
                             {"rate", seconds > 0 ? static_cast<double>(records_) / seconds : 0},
                             {"p50_us", latencies_.quantile_us(0.5)},
                             {"p99_us", latencies_.quantile_us(0.99)},
                             {"failed", failed_},
                             {"unknown", unknown_},
                             {"unknown_without_lsn", without_lsn_.size()},
                             {"last_lsn", last_.value}};
  out_.add(sum.dump() + "\n");
  out_.flush();
}

} // namespace sluice::tools
