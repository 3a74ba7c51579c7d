#include <sluice/payload.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace sluice {
namespace {

// RedDB scenario 19: readers share one allocation.
TEST(payload, is_copied_by_pointer) {
  payload first{"abcd"};
  payload second;
  second = first;
  EXPECT_EQ(first.data(), second.data());
  EXPECT_EQ(second.view(), "abcd");
}

TEST(payload, takes_a_long_string_over_without_a_copy) {
  std::string bytes(1000, 'x');
  const auto* where = bytes.data();
  EXPECT_EQ(payload::take(std::move(bytes)).data(), where);
}

TEST(payload, keeps_short_bytes_in_place_when_it_is_moved) {
  auto moved = payload{"ab"};
  auto target = std::move(moved);
  EXPECT_EQ(target.view(), "ab");
}

TEST(payload, slices_share_and_keep_the_block) {
  payload part;
  {
    payload whole{"0123456789"};
    part = whole.slice(3, 4);
    EXPECT_EQ(part.data(), whole.data() + 3);
  }
  EXPECT_EQ(part.view(), "3456");
}

TEST(payload, has_no_slice_outside_of_itself) {
  payload whole{"0123"};
  EXPECT_TRUE(whole.slice(4, 0).empty());
  EXPECT_THROW(whole.slice(5, 0), std::out_of_range);
  EXPECT_THROW(whole.slice(1, 4), std::out_of_range);
  EXPECT_THROW(whole.slice(1, ~std::size_t{0}), std::out_of_range);
}

TEST(payload, keeps_the_owner_of_shared_bytes_alive) {
  auto block = std::make_shared<std::string>("shared");
  std::weak_ptr<std::string> watch = block;
  auto shared = payload::share(block, block->data(), block->size());
  block.reset();
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(shared.view(), "shared");
  shared = {};
  EXPECT_TRUE(watch.expired());
}

TEST(payload, compares_bytes_and_not_blocks) {
  EXPECT_EQ(payload{"same"}, payload{"same"});
  EXPECT_NE(payload{"same"}, payload{"other"});
  EXPECT_EQ(payload{}, payload{""});
}

} // namespace
} // namespace sluice
