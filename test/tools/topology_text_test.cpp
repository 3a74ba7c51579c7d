#include "tools/topology_text.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <algorithm>

/// The topology as a script and as a person reads it.
namespace sluice::tools {
namespace {

topology sample() {
  topology x;
  x.cluster = "c1";
  x.epoch = {term{2}, incarnation{3}, 4};
  x.timeline = timeline_id{2};
  x.primary = {"p1", "10.0.0.1:4150", "eu"};
  x.durable = lsn{90};
  topology_replica r1;
  r1.id = "r1";
  r1.healthy = true;
  r1.rebootstrapping = true;
  r1.lag_records = 7;
  r1.lag_seconds = 1.5;
  x.replicas = {r1};
  return x;
}

TEST(topology_json, is_one_line_with_the_epoch_as_one_string) {
  auto text = topology_json(sample());
  EXPECT_EQ(text.find('\n'), std::string::npos);
  auto told = nlohmann::json::parse(text);
  EXPECT_EQ(told["epoch"], "2.3.4");
  EXPECT_EQ(told["primary"]["endpoint"], "10.0.0.1:4150");
  EXPECT_EQ(told["durable_lsn"], 90);
  for (const auto* key : {"id", "region", "endpoint", "healthy", "rebootstrapping",
                          "serves_causal_reads", "flushed_lsn", "applied_lsn", "lag_records",
                          "lag_bytes", "lag_seconds", "staleness_seconds"})
    EXPECT_TRUE(told["replicas"][0].contains(key)) << key;
  EXPECT_EQ(told["replicas"][0]["lag_records"], 7);
}

TEST(topology_table, has_a_line_for_each_node) {
  auto text = topology_table(sample());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_NE(text.find("epoch=2.3.4"), std::string::npos);
  EXPECT_NE(text.find("rebuilds"), std::string::npos);
}

} // namespace
} // namespace sluice::tools
