#include "config/endpoint.hpp"

#include <gtest/gtest.h>

namespace sluice::config {
namespace {

TEST(parse_endpoint, reads_names_and_addresses) {
  EXPECT_EQ(*parse_endpoint("db-1.example:4150"), (endpoint{"db-1.example", 4150}));
  EXPECT_EQ(*parse_endpoint("127.0.0.1:0"), (endpoint{"127.0.0.1", 0}));
  EXPECT_EQ(*parse_endpoint("[::1]:65535"), (endpoint{"::1", 65535}));
}

TEST(parse_endpoint, refuses_what_is_not_host_and_port) {
  for (const auto* text : {"", ":", "host", "host:", ":1", "host:65536", "host:-1", "host:1x",
                           "::1:4150", "[::1]", "[x]:1", "a b:1", "[]:1", "a/b:1"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

TEST(endpoint, reads_back_what_it_writes) {
  for (const auto* text : {"[::1]:4150", "localhost:1"})
    EXPECT_EQ(to_string(*parse_endpoint(text)), text);
}

TEST(parse_endpoints, reads_a_list_without_repetition) {
  EXPECT_EQ(*parse_endpoints("a:1,b:2"), (std::vector{endpoint{"a", 1}, endpoint{"b", 2}}));
  for (const auto* text : {"", "a:1,", ",a:1", "a:1,a:1", "a:1,b"})
    EXPECT_FALSE(parse_endpoints(text)) << text;
}

TEST(is_loopback, believes_addresses_and_localhost_only) {
  for (const auto* text : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"})
    EXPECT_TRUE(is_loopback(*parse_endpoint(text))) << text;
  for (const auto* text :
       {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "127.example:1", "localhost.x:1", "128.0.0.1:1"})
    EXPECT_FALSE(is_loopback(*parse_endpoint(text))) << text;
}

} // namespace
} // namespace sluice::config
