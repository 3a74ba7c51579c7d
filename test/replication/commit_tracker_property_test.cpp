#include "replication/commit_tracker.hpp"
#include "test/replication/rule_builders.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

namespace sluice::replication {
namespace {

using namespace testing;

/// The tracker as one would write it without a care for time: every commit is looked at
/// after every event, by the plain rules of a voter set.
class naive_tracker {
public:
  voter_set set = voters_of({}, 0, "p,r0,r1,r2,r3");
  std::map<ticket_id, commit_ticket> waiting;

  voter* find(const std::string& id) {
    auto position = std::find_if(set.voters.begin(), set.voters.end(),
                                 [&](const voter& x) { return x.id == id; });
    return position == set.voters.end() ? nullptr : &*position;
  }

  void replace(const voter& x) {
    std::erase_if(set.voters, [&](const voter& y) { return y.id == x.id; });
    set.voters.push_back(x);
  }

  satisfied_commits collect() {
    satisfied_commits done;
    for (const auto& [id, ticket] : waiting)
      if (watermark(ticket.policy, set) >= ticket.records.last)
        done.push_back({id, ticket.records});
    for (const auto& x : done)
      waiting.erase(x.id);
    std::stable_sort(done.begin(), done.end(),
                     [](const auto& a, const auto& b) { return a.records.last < b.records.last; });
    return done;
  }

  std::map<ticket_id, commit_timeout> expire(monotonic_ns now) {
    std::map<ticket_id, commit_timeout> expired;
    for (const auto& [id, ticket] : waiting)
      if (ticket.deadline <= now) {
        auto votes = missing_for(ticket.policy, ticket.records.last, set);
        expired[id] = {ticket.records, votes.durable, votes.required, votes.missing};
      }
    for (const auto& [id, outcome] : expired)
      waiting.erase(id);
    return expired;
  }
};

class story {
public:
  explicit story(std::uint64_t seed) : random_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i)
      step();
  }

private:
  std::uint64_t pick(std::uint64_t count) { return random_() % count; }
  std::string some_id() { return "r" + std::to_string(pick(8)); }
  std::string some_region() { return std::string(1, static_cast<char>('x' + pick(3))); }

  commit_policy some_policy() {
    switch (pick(4)) {
    case 0: return policy_local{};
    case 1: return policy_ack_n{static_cast<std::uint32_t>(1 + pick(6))};
    case 2: return policy_quorum{};
    default:
      return pick(2) ? policy_regions{{some_region()}}
                     : policy_regions{{some_region(), some_region()}};
    }
  }

  void step() {
    switch (pick(16)) {
    case 0: return set_voter();
    case 1: return remove_voter();
    case 2: return set_members();
    case 3:
    case 4: return grow();
    case 5: return expire();
    case 6:
    case 7:
    case 8:
    case 9: return add();
    default: return vote();
    }
  }

  void set_voter() {
    auto x = voter_at(some_id(), pick(naive_.set.primary_durable.value + 2), some_region(),
                      pick(4) != 0);
    naive_.replace(x);
    ASSERT_EQ(fast_.set_voter(x), naive_.collect());
  }

  void remove_voter() {
    auto id = some_id();
    std::erase_if(naive_.set.voters, [&](const voter& x) { return x.id == id; });
    fast_.remove_voter(id);
    ASSERT_TRUE(naive_.collect().empty());
  }

  void set_members() {
    const char* choices[] = {"p", "p,r0", "p,r0,r1", "p,r0,r1,r2", "p,r0,r1,r2,r7", "r0,r1,r2", ""};
    naive_.set.declared = members_of(choices[pick(7)]);
    ASSERT_EQ(fast_.set_members(naive_.set.declared), naive_.collect());
  }

  void grow() {
    naive_.set.primary_durable = lsn{naive_.set.primary_durable.value + pick(4)};
    ASSERT_EQ(fast_.set_primary_durable(naive_.set.primary_durable), naive_.collect());
  }

  void expire() {
    now_ = later(now_, std::chrono::nanoseconds{pick(30)});
    std::map<ticket_id, commit_timeout> expired;
    auto oldest = monotonic_ns{};
    for (const auto& x : fast_.expire(now_)) {
      ASSERT_TRUE(expired.emplace(x.id, x.outcome).second) << "answered twice";
      ASSERT_LE(oldest, naive_.waiting.at(x.id).deadline);
      oldest = naive_.waiting.at(x.id).deadline;
    }
    ASSERT_EQ(expired, naive_.expire(now_));
    ASSERT_EQ(fast_.waiting(), naive_.waiting.size());
  }

  void add() {
    auto last = lsn{1 + pick(naive_.set.primary_durable.value + 3)};
    auto deadline = later(now_, std::chrono::nanoseconds{pick(60)});
    commit_ticket ticket{ticket_id{++last_ticket_}, {last, last}, some_policy(), deadline};
    naive_.waiting.emplace(ticket.id, ticket);
    ASSERT_EQ(fast_.can_succeed(ticket.policy), can_succeed(ticket.policy, naive_.set));
    ASSERT_EQ(fast_.current_watermark(ticket.policy), watermark(ticket.policy, naive_.set));
    ASSERT_EQ(fast_.add(ticket), naive_.collect());
  }

  void vote() {
    auto id = some_id();
    auto durable = lsn{pick(naive_.set.primary_durable.value + 2)};
    if (auto* x = naive_.find(id))
      x->durable = std::max(x->durable, durable);
    ASSERT_EQ(fast_.vote(id, durable), naive_.collect()) << id << " at " << durable.value;
  }

  std::mt19937_64 random_;
  naive_tracker naive_;
  commit_tracker fast_{members_of("p,r0,r1,r2,r3"), "p"};
  monotonic_ns now_;
  std::uint64_t last_ticket_ = 0;
};

/// `SLUICE_TEST_SEED` repeats one run; otherwise each run tries new ones.
std::uint64_t first_seed() {
  const auto* text = std::getenv("SLUICE_TEST_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
}

TEST(commit_tracker, answers_as_the_plain_rules_do) {
  auto first = first_seed();
  for (std::uint64_t seed = first; seed < first + 60; ++seed) {
    SCOPED_TRACE("SLUICE_TEST_SEED=" + std::to_string(seed));
    story{seed}.run(500);
    if (HasFailure())
      return;
  }
}

} // namespace
} // namespace sluice::replication
