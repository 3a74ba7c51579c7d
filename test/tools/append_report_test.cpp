#include "tools/append_report.hpp"

#include <gtest/gtest.h>

namespace sluice::tools {
namespace {

struct told {
  exit_status status = exit_status::done;
  std::string errors;

  bool mentions(const std::string& text) const { return errors.find(text) != std::string::npos; }
};

/// What a report says of these appends on stderr.
told report(const std::vector<answered_append>& appends, const std::string& producer = {}) {
  append_job job;
  job.is_quiet = true;
  job.client.producer = producer;
  testing::internal::CaptureStderr();
  append_report report{job};
  for (const auto& x : appends)
    report.add(x);
  auto status = report.finish(std::chrono::seconds{1});
  return {status, testing::internal::GetCapturedStderr()};
}

answered_append unknown(lsn_range where, std::uint64_t ordinal, std::uint64_t records) {
  answered_append x;
  x.outcome = outcome_unknown{where, "the link broke"};
  x.ordinal = ordinal;
  x.records = records;
  return x;
}

TEST(append_report, lists_the_lsns_whose_outcome_is_unknown) {
  auto said = report({unknown({lsn{7}, lsn{8}}, 1, 2)});
  EXPECT_EQ(said.status, exit_status::outcome_unknown);
  EXPECT_TRUE(said.mentions("unknown 7\nunknown 8\n")) << said.errors;
  EXPECT_FALSE(said.mentions("no LSN is known")) << said.errors;
}

TEST(append_report, counts_what_has_no_known_lsn_and_never_calls_it_0) {
  auto said = report({unknown({}, 9, 2), unknown({lsn{4}, lsn{4}}, 3, 1), unknown({}, 5, 4)});
  EXPECT_EQ(said.status, exit_status::outcome_unknown);
  EXPECT_FALSE(said.mentions("unknown 0\n")) << said.errors;
  EXPECT_TRUE(said.mentions("unknown 4\n")) << said.errors;
  EXPECT_TRUE(said.mentions("no LSN is known of 6 of the 7 unknown records, input records 5-10"))
      << said.errors;
  EXPECT_TRUE(said.mentions("unknown=7")) << said.errors;
}

TEST(append_report, says_how_to_learn_what_became_of_unknown_records) {
  EXPECT_TRUE(report({unknown({}, 1, 1)}, "loader").mentions("--producer loader"));
  EXPECT_TRUE(report({unknown({}, 1, 1)}).mentions("sluice read"));
}

TEST(ordinal_set, tells_runs_in_order_and_ends_somewhere) {
  ordinal_set x;
  x.add(5, 1);
  x.add(1, 2);
  x.add(3, 2);
  x.add(9, 1);
  EXPECT_EQ(x.text(), "1-5, 9");
  EXPECT_EQ(x.size(), 6u);
  for (std::uint64_t i = 20; i < 100; i += 2)
    x.add(i, 1);
  EXPECT_TRUE(x.text().ends_with(" and more")) << x.text();
}

} // namespace
} // namespace sluice::tools
