#include <sluice/errc.hpp>

#include <caf/sec.hpp>

#include <gtest/gtest.h>

#include <set>

namespace sluice {
namespace {

TEST(errc, has_a_name_of_its_own_for_each_value) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(errc::timed_out); ++i) {
    auto name = to_string(static_cast<errc>(i));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find('('), std::string::npos) << name;
  }
  EXPECT_EQ(to_string(errc::timed_out), "timed_out");
  EXPECT_EQ(to_string(static_cast<errc>(255)), "errc(255)");
}

TEST(errc, travels_in_an_error_with_its_context) {
  auto error = make_error(errc::no_space, "roll: 42.seg");
  EXPECT_EQ(code_of(error), errc::no_space);
  EXPECT_EQ(describe(error), "no_space: roll: 42.seg");
  EXPECT_EQ(describe(make_error(errc::closed)), "closed");
}

TEST(errc, is_not_mistaken_for_another_category) {
  EXPECT_EQ(code_of(caf::make_error(caf::sec::unexpected_message)), errc::ok);
  EXPECT_NE(describe(caf::make_error(caf::sec::unexpected_message)), "ok");
  EXPECT_EQ(describe(caf::error{}), "ok");
}

} // namespace
} // namespace sluice
