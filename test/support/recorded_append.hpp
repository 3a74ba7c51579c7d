#pragma once

#include "messages/pending_append.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace sluice::test {

/// What one append was answered, and how often.
struct answer {
  std::size_t times = 0;
  append_outcome outcome = append_failed{};

  bool is_open() const { return times == 0; }
  const committed* as_committed() const { return std::get_if<committed>(&outcome); }
  const append_failed* as_failed() const { return std::get_if<append_failed>(&outcome); }
  const outcome_unknown* as_unknown() const { return std::get_if<outcome_unknown>(&outcome); }
  const commit_timeout* as_timeout() const { return std::get_if<commit_timeout>(&outcome); }
  /// `ok` unless it failed.
  errc code() const { return times == 1 && as_failed() ? as_failed()->code : errc::ok; }
  /// 0 unless it was committed, once.
  lsn first() const { return times == 1 && as_committed() ? as_committed()->records.first : lsn{}; }
};
using answer_ptr = std::shared_ptr<answer>;

/// An append whose answer a test looks at later, also when nobody is left to give it.
class recorded_append final : public messages::pending_append {
public:
  recorded_append(append request, answer_ptr into)
      : pending_append(std::move(request)), into_(std::move(into)) {}
  ~recorded_append() override { abandon(); }

private:
  void deliver(append_outcome outcome) override {
    ++into_->times;
    into_->outcome = std::move(outcome);
  }

  answer_ptr into_;
};

/// An append of these records with the defaults of `append_options`.
inline append append_of(std::vector<std::string> records) {
  append request;
  for (auto& bytes : records)
    request.records.push_back(payload::take(std::move(bytes)));
  return request;
}

inline append append_under(commit_policy policy, std::string bytes) {
  auto request = append_of({std::move(bytes)});
  request.options.policy = std::move(policy);
  return request;
}

inline append append_stamped(std::string producer, std::uint64_t sequence, std::string bytes) {
  auto request = append_of({std::move(bytes)});
  request.options.producer = producer_stamp{std::move(producer), producer_sequence{sequence}};
  return request;
}

inline append append_expecting(std::uint64_t expected, std::string bytes) {
  auto request = append_of({std::move(bytes)});
  request.options.expected_lsn = lsn{expected};
  return request;
}

} // namespace sluice::test
