#include "messages/append_inbox.hpp"

#include "test/support/recorded_append.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

/// What threads put for the writer of their node.
namespace sluice::test {

namespace {

using messages::append_inbox;
using messages::append_ptr;
using verdict = append_inbox::verdict;

append_ptr one(std::size_t bytes = 10) {
  return std::make_shared<recorded_append>(append_of({std::string(bytes, 'x')}),
                                           std::make_shared<answer>());
}

verdict put(append_inbox& inbox, append_ptr item) {
  return inbox.put(item);
}

std::vector<append_ptr> taken(append_inbox& inbox) {
  std::vector<append_ptr> items;
  inbox.take(items);
  return items;
}

TEST(append_inbox, tells_the_writer_once_until_it_has_taken_everything) {
  append_inbox inbox{1000, 10};
  EXPECT_EQ(put(inbox, one()), verdict::queued_first);
  EXPECT_EQ(put(inbox, one()), verdict::queued);
  EXPECT_EQ(taken(inbox).size(), 2u);
  EXPECT_TRUE(taken(inbox).empty());
  EXPECT_EQ(put(inbox, one()), verdict::queued_first);
}

TEST(append_inbox, keeps_the_order) {
  append_inbox inbox{1000, 10};
  std::vector<append_ptr> items{one(), one(), one()};
  for (const auto& item : items)
    EXPECT_NE(put(inbox, item), verdict::full);
  EXPECT_EQ(taken(inbox), items);
}

TEST(append_inbox, leaves_to_the_caller_what_it_has_no_room_for) {
  append_inbox of_bytes{100, 10};
  EXPECT_EQ(put(of_bytes, one(80)), verdict::queued_first);
  auto second = one(80);
  EXPECT_EQ(of_bytes.put(second), verdict::full);
  EXPECT_TRUE(second);
  append_inbox of_appends{1000, 1};
  EXPECT_EQ(put(of_appends, one()), verdict::queued_first);
  EXPECT_EQ(put(of_appends, one()), verdict::full);
}

TEST(append_inbox, has_room_for_one_append_of_any_size) {
  append_inbox inbox{100, 10};
  EXPECT_EQ(put(inbox, one(1000)), verdict::queued_first);
}

TEST(append_inbox, that_is_closed_keeps_what_was_put_before) {
  append_inbox inbox{1000, 10};
  EXPECT_EQ(put(inbox, one()), verdict::queued_first);
  inbox.close();
  auto late = one();
  EXPECT_EQ(inbox.put(late), verdict::closed);
  EXPECT_TRUE(late);
  EXPECT_EQ(taken(inbox).size(), 1u);
}

TEST(append_inbox, hands_out_again_what_was_given_back) {
  append_inbox inbox{1000, 10};
  EXPECT_FALSE(inbox.spare());
  std::vector<append_ptr> spent{one(), one()};
  inbox.give_back(spent);
  EXPECT_TRUE(spent.empty());
  spent.push_back(one());
  inbox.give_back(spent);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(inbox.spare());
  EXPECT_FALSE(inbox.spare());
}

TEST(append_inbox, keeps_no_more_spares_than_it_may) {
  append_inbox inbox{1000, 10};
  for (int round = 0; round < 3; ++round) {
    std::vector<append_ptr> spent(append_inbox::spares_max + 1, one());
    inbox.give_back(spent);
  }
  std::size_t spares = 0;
  while (inbox.spare())
    ++spares;
  EXPECT_EQ(spares, append_inbox::spares_max);
}

TEST(append_inbox, loses_and_doubles_nothing_of_several_threads) {
  constexpr std::size_t each = 2000;
  append_inbox inbox{1u << 30, 1u << 20};
  std::atomic<int> words{0};
  std::atomic<bool> is_over{false};
  std::size_t found = 0;
  std::thread taker{[&] {
    std::vector<append_ptr> items;
    while (true) {
      auto is_last = is_over.load();
      inbox.take(items);
      found += items.size();
      if (is_last)
        return;
    }
  }};
  std::vector<std::thread> putters;
  for (int i = 0; i < 4; ++i)
    putters.emplace_back([&] {
      for (std::size_t n = 0; n < each; ++n)
        if (put(inbox, one()) == verdict::queued_first)
          ++words;
    });
  for (auto& putter : putters)
    putter.join();
  is_over = true;
  taker.join();
  EXPECT_EQ(found, 4 * each);
  EXPECT_GE(words.load(), 1);
}

/// Counts its answers; may be used again.
class counted_append final : public messages::pending_append {
public:
  explicit counted_append(int& answers) : pending_append({}), answers_(answers) {}
  ~counted_append() override { abandon(); }
  using pending_append::renew;

private:
  void deliver(append_outcome) override { ++answers_; }
  int& answers_;
};

TEST(pending_append, that_is_used_again_is_answered_again_once) {
  int answers = 0;
  {
    counted_append item{answers};
    item.answer(committed{{lsn{1}, lsn{1}}, term{1}, timeline_id{1}});
    item.answer(outcome_unknown{});
    EXPECT_EQ(answers, 1);
    item.renew(append_of({"b", "c"}));
    EXPECT_EQ(item.what.records.size(), 2u);
  }
  EXPECT_EQ(answers, 2) << "abandoned in its second life";
}

} // namespace

} // namespace sluice::test
