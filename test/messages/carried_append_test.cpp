#include "messages/carried_append.hpp"

#include <gtest/gtest.h>

namespace sluice::messages {
namespace {

using replication::monotonic_ns;

struct recording_carrier final : append_carrier {
  bool carry(append& what, monotonic_ns deadline, const std::optional<outcome_unknown>& earlier,
             answer& done) override {
    deadlines.push_back(deadline);
    if (is_full)
      return false;
    taken.push_back(std::move(what));
    if (earlier)
      unknown.push_back(*earlier);
    dones.push_back(std::move(done));
    return true;
  }

  bool is_full = false;
  std::vector<append> taken;
  std::vector<outcome_unknown> unknown;
  std::vector<monotonic_ns> deadlines;
  std::vector<answer> dones;
};

class told_append final : public carried_append {
public:
  told_append(append request, std::shared_ptr<append_carrier> carrier,
              std::vector<append_outcome>& into)
      : carried_append(std::move(request), monotonic_ns{77}, std::move(carrier)), into_(into) {}
  ~told_append() override { abandon(); }

private:
  append_carrier::answer done() override {
    return [this](append_outcome outcome) { into_.push_back(std::move(outcome)); };
  }

  std::vector<append_outcome>& into_;
};

struct carried : ::testing::Test {
  std::shared_ptr<recording_carrier> carrier = std::make_shared<recording_carrier>();
  std::vector<append_outcome> told;

  static append request(bool is_stamped) {
    append x{{payload{"x"}}, {}};
    if (is_stamped)
      x.options.producer = producer_stamp{"p", producer_sequence{1}};
    return x;
  }

  std::unique_ptr<told_append> make(bool is_stamped) {
    return std::make_unique<told_append>(request(is_stamped), carrier, told);
  }
};

TEST_F(carried, when_it_was_refused_unwritten_with_its_records_and_its_deadline) {
  auto item = make(false);
  item->answer(append_failed{errc::fenced, {}, {}});
  EXPECT_TRUE(told.empty());
  ASSERT_EQ(carrier->taken.size(), 1u);
  EXPECT_EQ(carrier->taken[0].records.size(), 1u);
  EXPECT_EQ(carrier->deadlines[0], monotonic_ns{77});
  EXPECT_TRUE(carrier->unknown.empty());
  carrier->dones[0](committed{});
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(carried, as_unknown_only_with_a_stamp_and_never_as_unwritten) {
  outcome_unknown unknown{{lsn{3}, lsn{3}}, "deposed"};
  auto plain = make(false);
  EXPECT_FALSE(plain->keeps_records());
  plain->answer(unknown);
  EXPECT_EQ(told.size(), 1u);
  auto stamped = make(true);
  EXPECT_TRUE(stamped->keeps_records());
  stamped->answer(unknown);
  ASSERT_EQ(carrier->unknown.size(), 1u);
  EXPECT_EQ(carrier->unknown[0].records, unknown.records);
}

TEST_F(carried, when_its_node_is_gone_before_it_was_written) {
  make(false).reset();
  EXPECT_EQ(carrier->taken.size(), 1u);
  auto written = make(false);
  written->written_at({lsn{1}, lsn{1}});
  written.reset();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<outcome_unknown>(told[0]));
}

TEST_F(carried, nowhere_when_nobody_takes_it) {
  carrier->is_full = true;
  auto item = make(false);
  item->answer(append_failed{errc::fenced, "deposed", {}});
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(std::get<append_failed>(told[0]).code, errc::fenced);
}

} // namespace
} // namespace sluice::messages
