#include <sluice/types.hpp>

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

namespace sluice {
namespace {

TEST(strong_u64, does_not_mix_with_numbers_or_other_tags) {
  EXPECT_FALSE((std::is_convertible_v<std::uint64_t, lsn>));
  EXPECT_FALSE((std::is_convertible_v<lsn, std::uint64_t>));
  EXPECT_FALSE((std::is_constructible_v<lsn, term>));
}

TEST(lsn, counts_records_from_one) {
  EXPECT_EQ(next(no_lsn), lsn{1});
  EXPECT_EQ(last_of(lsn{5}, 1), lsn{5});
  EXPECT_EQ(last_of(lsn{5}, 3), lsn{7});
  EXPECT_EQ(previous(lsn{5}), lsn{4});
  EXPECT_EQ(previous(no_lsn), no_lsn);
}

TEST(distance, excludes_its_start_and_never_wraps) {
  EXPECT_EQ(distance(lsn{3}, lsn{5}), 2u);
  EXPECT_EQ(distance(lsn{5}, lsn{5}), 0u);
  EXPECT_EQ(distance(lsn{6}, lsn{5}), 0u);
}

TEST(is_valid_name, takes_what_is_safe_in_paths_and_logs) {
  for (const auto& name : {std::string{"a"}, std::string{"A.b_c-9"}, std::string{"..."},
                           std::string{"-"}, std::string(64, 'x')})
    EXPECT_TRUE(is_valid_name(name)) << name;
  for (const auto& name : {std::string{}, std::string{"."}, std::string{".."}, std::string{"a/b"},
                           std::string{"a b"}, std::string{"a\n"}, std::string{"\xc3\xa9"},
                           std::string{"a\0b", 3}, std::string{"a,b"}, std::string(65, 'x')})
    EXPECT_FALSE(is_valid_name(name)) << name;
}

} // namespace
} // namespace sluice
