#include "config/units.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sluice::config {
namespace {

using std::chrono::milliseconds;

TEST(parse_duration, reads_each_unit) {
  EXPECT_EQ(*parse_duration("500ms"), milliseconds{500});
  EXPECT_EQ(*parse_duration("5s"), milliseconds{5000});
  EXPECT_EQ(*parse_duration("2m"), milliseconds{120'000});
  EXPECT_EQ(*parse_duration("24h"), milliseconds{86'400'000});
  EXPECT_EQ(*parse_duration("0"), milliseconds{0});
}

TEST(parse_duration, refuses_what_it_would_have_to_guess) {
  for (const auto* text : {"", "5", "s", "-5s", "+5s", " 5s", "5 s", "5S", "1.5s", "5sec", "5M",
                           "0x5s", "99999999999999999999s", "9999999999999999h"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(parse_size, reads_powers_of_1024) {
  EXPECT_EQ(*parse_size("64K"), 65536u);
  EXPECT_EQ(*parse_size("16M"), 16u << 20);
  EXPECT_EQ(*parse_size("1G"), 1u << 30);
  EXPECT_EQ(*parse_size("1500"), 1500u);
  EXPECT_EQ(*parse_size("0"), 0u);
}

TEST(parse_size, refuses_what_it_would_have_to_guess) {
  for (const auto* text : {"", "M", "-1M", "1 M", "1m", "1MB", "1.5G", "99999999999G",
                           "18446744073709551616", "18446744073709551615"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(units, read_back_what_they_write) {
  auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  for (int i = 0; i < 10'000; ++i) {
    auto value = random() >> (random() % 62 + 2);
    ASSERT_EQ(*parse_size(format_size(value)), value);
    milliseconds duration{static_cast<std::int64_t>(value % 1'000'000'000'000)};
    ASSERT_EQ(*parse_duration(format_duration(duration)), duration);
  }
}

TEST(units, write_the_shortest_text) {
  EXPECT_EQ(format_duration(milliseconds{90'000}), "90s");
  EXPECT_EQ(format_duration(milliseconds{120'000}), "2m");
  EXPECT_EQ(format_size(64 << 20), "64M");
  EXPECT_EQ(format_size(1500), "1500");
}

TEST(parse_count, reads_plain_numbers_only) {
  EXPECT_EQ(*parse_count("1000"), 1000u);
  for (const auto* text : {"", "-1", "1k", " 1", "18446744073709551616"})
    EXPECT_FALSE(parse_count(text)) << text;
}

} // namespace
} // namespace sluice::config
