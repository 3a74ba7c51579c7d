#include "test/support/process.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
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
  EXPECT_EQ(run({"verify", (disk.path() / "p1").string()}).status, 0);
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
