#include "net/primary_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::net {
namespace {

const node_endpoint a{"a", 1};
const node_endpoint b{"b", 2};
const node_endpoint candidate{"c", 3};

std::vector<node_endpoint> turns(primary_search& search, std::size_t count) {
  std::vector<node_endpoint> result;
  for (std::size_t i = 0; i < count; ++i)
    result.push_back(search.next().value_or(node_endpoint{"", 0}));
  return result;
}

using places = std::vector<node_endpoint>;

TEST(primary_search, gives_every_address_its_turn) {
  primary_search search{{a, b}};
  EXPECT_EQ(turns(search, 4), (places{a, b, a, b}));
}

TEST(primary_search, leaves_out_the_nodes_own_address_however_it_comes) {
  primary_search search{{a, b}};
  search.expect(a);
  search.leave_out(a);
  EXPECT_EQ(turns(search, 2), (places{b, b}));
  search.add(a);
  search.follow(a);
  search.expect(a);
  EXPECT_EQ(turns(search, 2), (places{b, b}));
}

TEST(primary_search, has_nothing_to_try_without_an_address) {
  primary_search search{{}};
  EXPECT_FALSE(search.next());
}

TEST(primary_search, tries_a_candidate_first_and_every_address_between) {
  primary_search search{{a, b}};
  search.expect(candidate);
  EXPECT_EQ(turns(search, 6), (places{candidate, a, candidate, b, candidate, a}));
}

/// A candidate that is still a replica names the primary that it has had.
TEST(primary_search, lets_no_redirect_take_the_place_of_a_candidate) {
  primary_search search{{a}};
  search.expect(candidate);
  EXPECT_EQ(search.next(), candidate);
  search.follow(a);
  EXPECT_EQ(turns(search, 4), (places{a, candidate, a, candidate}));
}

TEST(primary_search, gives_a_candidate_up_that_never_serves) {
  primary_search search{{a}};
  search.expect(candidate);
  auto tried = turns(search, 2 * primary_search::hint_tries_max);
  EXPECT_EQ(std::count(tried.begin(), tried.end(), candidate),
            static_cast<std::ptrdiff_t>(primary_search::hint_tries_max));
  EXPECT_EQ(turns(search, 2), (places{a, a}));
}

TEST(primary_search, follows_a_redirect_once_and_keeps_the_address) {
  primary_search search{{a}};
  search.follow(b);
  EXPECT_EQ(turns(search, 4), (places{b, a, b, a}));
}

TEST(primary_search, takes_an_address_once_and_not_without_end) {
  primary_search search{{a}};
  search.add(a);
  EXPECT_EQ(turns(search, 2), (places{a, a}));
  for (std::uint16_t i = 0; i < 2 * primary_search::known_max; ++i)
    search.add({"x", i});
  auto tried = turns(search, primary_search::known_max + 1);
  EXPECT_EQ(tried.front(), tried.back());
}

} // namespace
} // namespace sluice::net
