#include <sluice/bookmark.hpp>

#include <sluice/errc.hpp>
#include <sluice/outcome.hpp>

#include <gtest/gtest.h>

namespace sluice {

namespace {

TEST(bookmark, is_read_as_it_was_written) {
  bookmark x{timeline_id{2}, term{UINT64_MAX}, lsn{1'234'567'890'123}};
  EXPECT_EQ(to_string(x), "2:18446744073709551615:1234567890123");
  auto read = parse_bookmark(to_string(x));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, x);
}

TEST(bookmark, is_refused_when_it_is_none) {
  for (const auto* text : {"", "1", "1:2", "1:2:", ":1:2", "1:2:3:", "1:2:3 ", " 1:2:3", "1:-2:3",
                           "a:2:3", "1:2:18446744073709551616"}) {
    auto read = parse_bookmark(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(code_of(read.error()), errc::invalid_argument);
  }
}

TEST(bookmark, of_a_commit_is_its_last_record) {
  committed commit{{lsn{5}, lsn{7}}, term{3}, timeline_id{2}};
  EXPECT_EQ(commit.bookmark(), (bookmark{timeline_id{2}, term{3}, lsn{7}}));
}

} // namespace

} // namespace sluice
