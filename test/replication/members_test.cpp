#include "replication/members.hpp"

#include <sluice/errc.hpp>

#include <gtest/gtest.h>

namespace sluice::replication {
namespace {

TEST(members, are_sorted_and_written_back) {
  auto declared = parse_members("c,a,b");
  ASSERT_TRUE(declared);
  EXPECT_EQ(to_string(*declared), "a,b,c");
}

TEST(members, of_an_empty_text_are_none) {
  EXPECT_EQ(*parse_members(""), members{});
}

TEST(members, with_a_bad_or_repeated_name_are_refused) {
  for (const auto* text : {"a,", ",a", "a,a", "a b", ".", "..", "a/b", ","}) {
    auto declared = parse_members(text);
    ASSERT_FALSE(declared) << text;
    EXPECT_EQ(code_of(declared.error()), errc::invalid_argument) << text;
  }
}

TEST(members, are_bounded) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < members_max; ++i)
    names.push_back("n" + std::to_string(i));
  EXPECT_TRUE(members::make(names));
  names.push_back("one-more");
  EXPECT_FALSE(members::make(names));
}

TEST(members, contain_whole_names_only) {
  auto declared = *parse_members("n1,n10");
  EXPECT_TRUE(declared.contains("n1"));
  EXPECT_FALSE(declared.contains("n"));
}

TEST(majority, is_more_than_half) {
  std::vector<std::size_t> majorities;
  for (std::size_t n = 0; n <= 7; ++n)
    majorities.push_back(majority(n));
  EXPECT_EQ(majorities, (std::vector<std::size_t>{0, 1, 2, 2, 3, 3, 4, 4}));
}

} // namespace
} // namespace sluice::replication
