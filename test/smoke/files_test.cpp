#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace sluice::testing {
namespace {

class files : public ::testing::Test {
protected:
  files() {
    place.start_primary("p1");
    EXPECT_EQ(
        run({"append", "--to", place.address("p1"), "--size", "100", "--count", "1000"}).status, 0);
  }

  std::string directory() { return place.path("p1").string(); }

  /// Flips a byte of the first segment.
  void damage(std::streamoff position) {
    for (const auto& entry : std::filesystem::directory_iterator{place.path("p1")}) {
      if (entry.path().extension() != ".seg")
        continue;
      std::fstream file{entry.path(), std::ios::in | std::ios::out | std::ios::binary};
      file.seekg(position);
      auto byte = static_cast<char>(file.get() ^ 0x40);
      file.seekp(position);
      file.put(byte);
      return;
    }
    FAIL() << "no segment";
  }

  node_place place;
};

TEST_F(files, of_a_running_node_can_be_read) {
  auto verified = run({"verify", directory()});
  EXPECT_EQ(verified.status, 0) << verified.out;
  EXPECT_EQ(verified.out.rfind("ok records=1000 first=1 last=1000 segments=1 bytes=", 0), 0u)
      << verified.out;
  EXPECT_EQ(run({"read", "--data", directory()}).out,
            run({"read", "--from", place.address("p1")}).out);
}

TEST_F(files, are_shown_by_segment_batch_and_record) {
  place.stop_all();
  EXPECT_EQ(run({"inspect", directory()}).out_lines().size(), 1u);
  auto batches = run({"inspect", directory(), "--batches", "--json"}).out_lines();
  ASSERT_FALSE(batches.empty());
  EXPECT_EQ(nlohmann::json::parse(batches.front())["first"], 1);
  EXPECT_EQ(nlohmann::json::parse(batches.back())["last"], 1000);
  EXPECT_EQ(run({"inspect", directory(), "--records", "--after", "990"}).out_lines().size(), 10u);
}

TEST_F(files, with_a_flipped_bit_are_reported_and_refused) {
  place.stop_all();
  damage(20'000);
  auto verified = run({"verify", directory()});
  EXPECT_EQ(verified.status, 4);
  EXPECT_EQ(verified.out.rfind("damage file=", 0), 0u) << verified.out;
  EXPECT_NE(verified.out.find(" lsn="), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(run({"verify", directory(), "--json"}).out)["ok"], false);
  EXPECT_EQ(run({"primary", "--data", directory(), "--listen", "127.0.0.1:0"}).status, 4);
  EXPECT_EQ(run({"read", "--data", directory()}).status, 4);
}

TEST_F(files, of_different_histories_differ) {
  place.start_primary("p2");
  EXPECT_EQ(run({"append", "--to", place.address("p2")}, "other\n").status, 0);
  place.stop_all();
  auto differs = run({"verify", directory(), "--against", place.path("p2").string()});
  EXPECT_EQ(differs.status, 4);
  EXPECT_NE(differs.out.find("differs lsn=1\n"), std::string::npos) << differs.out;
}

} // namespace
} // namespace sluice::testing
