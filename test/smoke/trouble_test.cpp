#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::testing {
namespace {

/// A file system of its own, in memory.
class small_disk {
public:
  explicit small_disk(const char* size) {
    auto options = std::string{"size="} + size;
    is_mounted_ = ::mount("tmpfs", path().c_str(), "tmpfs", 0, options.c_str()) == 0;
    reason_ = is_mounted_ ? "" : std::strerror(errno);
  }

  ~small_disk() {
    if (is_mounted_)
      ::umount2(path().c_str(), MNT_DETACH);
  }

  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  bool is_mounted() const { return is_mounted_; }
  const std::string& reason() const { return reason_; }
  const std::filesystem::path& path() const { return directory_.path(); }

  bool remount(unsigned long flags, const char* options) {
    return ::mount("tmpfs", path().c_str(), "tmpfs", MS_REMOUNT | flags, options) == 0;
  }

private:
  tools::temporary_directory directory_;
  bool is_mounted_ = false;
  std::string reason_;
};

caf::expected<tools::node_process> start_on(const small_disk& disk,
                                            const std::filesystem::path& log) {
  tools::node_process_start start;
  start.program = tool();
  start.arguments = {"primary", "--data", (disk.path() / "p1").string(), "--segment-size", "2M"};
  start.log = log;
  return tools::node_process::start(start);
}

TEST(a_full_disk, refuses_appends_until_there_is_room_again) {
  small_disk disk{"16m"};
  if (!disk.is_mounted())
    GTEST_SKIP() << "tmpfs cannot be mounted here: " << disk.reason();
  node_place place;
  auto node = start_on(disk, place.path("p1.log"));
  ASSERT_TRUE(node) << place.log_of("p1");
  auto to = to_string(node->listening());
  auto acks = place.path("acks");
  auto full =
      run({"append", "--to", to, "--size", "16K", "--count", "10000", "--ack-log", acks.string()});
  EXPECT_EQ(full.status, 1) << full.errors;
  EXPECT_TRUE(full.errors_mention("no_space")) << full.errors;
  EXPECT_EQ(run({"status", "--of", to}).status, 0) << "it lives";
  ASSERT_TRUE(disk.remount(0, "size=64m"));
  auto again = run({"append", "--to", to}, "room again\n");
  EXPECT_EQ(again.status, 0) << again.errors;
  EXPECT_EQ(std::stoull(again.out), lines_of(content_of(acks)).size() + 1);
  EXPECT_FALSE(node->stop());
  auto verified = run({"verify", (disk.path() / "p1").string()});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.errors;
}

/// Takes the room of `disk` with a file of its own, but for what is freed again.
void take_room(const small_disk& disk) {
  auto other = ::open((disk.path() / "other").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  ASSERT_GE(other, 0);
  std::string block(4096, 'x');
  while (::write(other, block.data(), block.size()) > 0) {
  }
  ::close(other);
}

TEST(a_full_disk, lets_a_killed_primary_start_serve_reads_and_go_on_with_room) {
  small_disk disk{"16m"};
  if (!disk.is_mounted())
    GTEST_SKIP() << "tmpfs cannot be mounted here: " << disk.reason();
  node_place place;
  auto node = start_on(disk, place.path("p1.log"));
  ASSERT_TRUE(node) << place.log_of("p1");
  auto to = to_string(node->listening());
  auto acks = place.path("acks");
  auto full =
      run({"append", "--to", to, "--size", "16K", "--count", "10000", "--ack-log", acks.string()});
  ASSERT_TRUE(full.errors_mention("no_space")) << full.errors;
  auto acked = lines_of(content_of(acks)).size();
  take_room(disk);
  for (int life = 0; life < 3; ++life) {
    node->kill();
    ASSERT_FALSE(node->restart()) << place.log_of("p1");
    auto read = run({"read", "--from", to, "--format", "json"});
    EXPECT_EQ(read.status, 0) << read.errors;
    EXPECT_GE(read.out_lines().size(), acked);
    // A segment that was prepared, or room that opening gave back, is used first.
    auto refused = run({"append", "--to", to, "--size", "16K", "--count", "10000", "--quiet"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_TRUE(refused.errors_mention("no_space")) << refused.errors;
    take_room(disk);
  }
  ASSERT_TRUE(std::filesystem::remove(disk.path() / "other"));
  ASSERT_TRUE(disk.remount(0, "size=64m"));
  EXPECT_EQ(run({"append", "--to", to}, "room again\n").status, 0);
  EXPECT_FALSE(node->stop()) << place.log_of("p1");
  auto verified = run({"verify", (disk.path() / "p1").string()});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.errors;
}

TEST(a_full_disk, stops_and_starts_cleanly) {
  small_disk disk{"16m"};
  if (!disk.is_mounted())
    GTEST_SKIP() << "tmpfs cannot be mounted here: " << disk.reason();
  node_place place;
  auto node = start_on(disk, place.path("p1.log"));
  ASSERT_TRUE(node) << place.log_of("p1");
  EXPECT_EQ(run({"append", "--to", to_string(node->listening())}, "a\n").status, 0);
  take_room(disk);
  node->kill();
  ASSERT_FALSE(node->restart()) << place.log_of("p1");
  EXPECT_FALSE(node->stop()) << place.log_of("p1");
  ASSERT_FALSE(node->restart()) << place.log_of("p1");
  EXPECT_EQ(run({"read", "--from", to_string(node->listening())}).out, "a\n");
}

TEST(a_disk_that_somebody_else_fills, takes_appends_within_a_second_of_room) {
  small_disk disk{"32m"};
  if (!disk.is_mounted())
    GTEST_SKIP() << "tmpfs cannot be mounted here: " << disk.reason();
  node_place place;
  auto node = start_on(disk, place.path("p1.log"));
  ASSERT_TRUE(node) << place.log_of("p1");
  auto to = to_string(node->listening());
  ASSERT_EQ(run({"append", "--to", to}, "before\n").status, 0);
  take_room(disk);
  auto full = run({"append", "--to", to, "--size", "16K", "--count", "10000"});
  EXPECT_EQ(full.status, 1) << full.errors;
  EXPECT_TRUE(full.errors_mention("no_space")) << full.errors;
  EXPECT_EQ(run({"read", "--from", to, "--limit", "1"}).out, "before\n") << "reading goes on";
  // What a chore gave back is taken, too.
  take_room(disk);
  EXPECT_EQ(run({"append", "--to", to, "--size", "900K", "--count", "5"}).status, 1);
  auto status = run({"status", "--of", to, "--json"});
  EXPECT_NE(status.out.find("no_space"), std::string::npos) << status.out;
  ASSERT_TRUE(std::filesystem::remove(disk.path() / "other"));
  auto freed = std::chrono::steady_clock::now();
  while (run({"append", "--to", to}, "after\n").status != 0)
    ASSERT_LT(std::chrono::steady_clock::now() - freed, std::chrono::seconds{2});
  EXPECT_LT(std::chrono::steady_clock::now() - freed, std::chrono::seconds{2});
  EXPECT_FALSE(node->stop());
}

TEST(a_full_disk, of_a_replica_stands_in_its_status_and_passes_with_room) {
  small_disk disk{"16m"};
  if (!disk.is_mounted())
    GTEST_SKIP() << "tmpfs cannot be mounted here: " << disk.reason();
  node_place place;
  place.start_primary("p1");
  tools::node_process_start start;
  start.program = tool();
  start.arguments = {
      "replica", "--data", (disk.path() / "r1").string(), "--primary", place.address("p1"),
      "--name",  "r1"};
  start.log = place.path("r1.log");
  take_room(disk);
  {
    auto refused = run(joined({"replica", "--data", (disk.path() / "r1").string()},
                              {"--primary", place.address("p1"), "--name", "r1"}));
    EXPECT_EQ(refused.status, 1);
    EXPECT_TRUE(refused.errors_mention("bytes free: make room")) << refused.errors;
  }
  ASSERT_TRUE(std::filesystem::remove(disk.path() / "other"));
  auto replica = tools::node_process::start(start);
  ASSERT_TRUE(replica) << place.log_of("r1");
  auto of = to_string(replica->listening());
  EXPECT_EQ(run({"append", "--to", place.address("p1"), "--policy", "local", "--size", "16K",
                 "--count", "3000", "--quiet"})
                .status,
            0);
  auto status_of_replica = [&] { return run({"status", "--of", of, "--json"}).out; };
  auto began = std::chrono::steady_clock::now();
  while (status_of_replica().find("no_space") == std::string::npos)
    ASSERT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{20})
        << status_of_replica();
  ASSERT_TRUE(disk.remount(0, "size=256m"));
  auto barrier = run(
      {"append", "--to", place.address("p1"), "--policy", "ack_n=1", "--timeout", "20s"}, "on\n");
  EXPECT_EQ(barrier.status, 0) << barrier.errors << place.log_of("r1");
  EXPECT_EQ(status_of_replica().find("no_space"), std::string::npos);
  EXPECT_FALSE(replica->stop());
}

TEST(a_read_only_disk, is_refused_with_a_reason) {
  small_disk disk{"16m"};
  if (!disk.is_mounted())
    GTEST_SKIP() << "tmpfs cannot be mounted here: " << disk.reason();
  ASSERT_TRUE(disk.remount(MS_RDONLY, ""));
  auto said = run({"primary", "--data", (disk.path() / "p1").string()});
  EXPECT_EQ(said.status, 1);
  EXPECT_TRUE(said.errors_mention("Read-only file system")) << said.errors;
  ASSERT_TRUE(disk.remount(0, ""));
}

/// Connections that say nothing.
class silent_connections {
public:
  silent_connections(const node_endpoint& where, int count) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(where.port);
    inet_pton(AF_INET, where.host.c_str(), &address.sin_addr);
    for (int i = 0; i < count; ++i) {
      auto& one = sockets_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (::connect(one.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        ADD_FAILURE() << std::strerror(errno);
    }
  }

private:
  std::vector<tools::owned_descriptor> sockets_;
};

TEST(a_node_without_free_descriptors, serves_again_when_connections_go) {
  node_place place;
  tools::node_process_start start;
  start.program = "/bin/sh";
  start.arguments = {"-c",     "ulimit -n 48; exec \"$0\" \"$@\"", tool().string(), "primary",
                     "--data", place.path("p1").string()};
  start.log = place.path("p1.log");
  auto node = tools::node_process::start(start);
  ASSERT_TRUE(node) << place.log_of("p1");
  auto to = to_string(node->listening());
  EXPECT_EQ(run({"append", "--to", to}, "a\n").out, "1\n");
  {
    silent_connections crowd{node->listening(), 100};
    EXPECT_NE(run({"append", "--to", to, "--timeout", "500ms"}, "b\n").status, 2);
  }
  auto again = run({"append", "--to", to, "--timeout", "20s"}, "c\n");
  EXPECT_EQ(again.status, 0) << again.errors << place.log_of("p1");
  EXPECT_FALSE(node->stop());
}

} // namespace
} // namespace sluice::testing
