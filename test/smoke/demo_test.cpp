#include "test/support/process.hpp"

#include <gtest/gtest.h>

namespace sluice::testing {
namespace {

TEST(demo, holds_with_a_file_of_lines) {
  tools::temporary_directory place;
  std::string lines;
  for (int i = 1; i <= 5000; ++i)
    lines += "record " + std::to_string(i) + "\n";
  write_file(place.path() / "lines", lines);
  auto said =
      run({"demo", "--records", (place.path() / "lines").string()}, {}, std::chrono::seconds{100});
  EXPECT_EQ(said.status, 0) << said.out << said.errors;
  ASSERT_FALSE(said.out.empty());
  EXPECT_EQ(said.out_lines().back(), "lost 0 duplicated 0");
  EXPECT_NE(said.out.find("p1 keeps its tail aside in diverged/1: 100 records"), std::string::npos)
      << said.out;
  EXPECT_NE(said.out.find("verified r1 and p1: byte-identical"), std::string::npos) << said.out;
}

} // namespace
} // namespace sluice::testing
