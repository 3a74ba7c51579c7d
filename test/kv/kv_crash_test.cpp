#include "test/kv/kv_fixture.hpp"

#include <array>
#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

/// A key-value store in a process that dies.
namespace kv::test {
namespace {

/// Runs `what` in a child that ends without a word to anybody; what it writes to the
/// descriptor can be read here.
class child {
public:
  template <class F>
  explicit child(F what) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0)
      throw std::runtime_error("pipe");
    id_ = fork();
    if (id_ == 0) {
      close(ends[0]);
      what(ends[1]);
      _exit(0);
    }
    close(ends[1]);
    said_ = ends[0];
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() { close(said_); }

  /// The last of the next `count` numbers that it said; fewer when it ends.
  std::uint64_t hear(int count) {
    std::uint64_t last = 0;
    for (std::uint64_t x = 0; count > 0 && read(said_, &x, sizeof x) == sizeof x; --count)
      last = x;
    return last;
  }

  bool has_ended() {
    siginfo_t ended{};
    return waitid(P_PID, static_cast<id_t>(id_), &ended, WEXITED | WNOHANG | WNOWAIT) != 0
           || ended.si_pid != 0;
  }

  void kill() { ::kill(id_, SIGKILL); }

  /// The last number that it said before it ended, `before` if there was none.
  std::uint64_t hear_rest(std::uint64_t before) {
    for (std::uint64_t x = 0; read(said_, &x, sizeof x) == sizeof x;)
      before = x;
    int status = 0;
    waitpid(id_, &status, 0);
    return before;
  }

private:
  pid_t id_ = -1;
  int said_ = -1;
};

void say(int descriptor, std::uint64_t number) {
  if (write(descriptor, &number, sizeof number) != sizeof number)
    _exit(1);
}

TEST(kill_9_while_applying, loses_and_doubles_nothing) {
  scratch_directory directory;
  for (int round = 0; round < 12; ++round) {
    child applying{[&](int out) {
      kv_store store;
      open(store, directory);
      while (true) {
        fill(store, store.applied().value + 5);
        say(out, store.applied().value);
      }
    }};
    auto told = applying.hear(3 + 5 * round);
    ASSERT_GT(told, 0u);
    applying.kill();
    told = applying.hear_rest(told);
    kv_store store;
    open(store, directory);
    auto applied = store.applied().value;
    EXPECT_GE(applied, told) << "what was applied is lost";
    EXPECT_EQ(state_in(directory), filled(applied));
  }
}

class install_that_dies : public testing::TestWithParam<install_step> {};

TEST_P(install_that_dies, leaves_the_old_state_or_the_new_one) {
  scratch_directory from;
  scratch_directory to;
  {
    kv_store store;
    open(store, from);
    fill(store, 300);
  }
  {
    kv_store store;
    open(store, to);
    fill(store, 20);
  }
  child installing{[&](int) {
    auto stream = kv_snapshot_source{from.path()}.begin();
    kv_snapshot_sink sink{to.path(), [](install_step done) {
                            if (done == GetParam())
                              _exit(0);
                          }};
    if (sink.begin(lsn{300}))
      _exit(1);
    for (auto chunk = (*stream)->next(4096); chunk && !chunk->empty();
         chunk = (*stream)->next(4096))
      if (sink.write(*chunk))
        _exit(1);
    static_cast<void>(sink.install(lsn{300}));
  }};
  installing.hear_rest(0);
  auto is_new = GetParam() >= install_step::swapped;
  EXPECT_EQ(state_in(to), filled(is_new ? 300 : 20)) << "before anybody mends it";
  kv_store store;
  open(store, to);
  EXPECT_EQ(state_in(to), filled(is_new ? 300 : 20));
  EXPECT_EQ(to.names(), (std::set<std::string>{"kv.sqlite", "kv.sqlite-shm", "kv.sqlite-wal"}));
  fill(store, 400);
  EXPECT_EQ(state_in(to), filled(400));
}

INSTANTIATE_TEST_SUITE_P(at, install_that_dies,
                         testing::Values(install_step::written, install_step::verified,
                                         install_step::swapped, install_step::cleaned));

/// Killed once the copy has begun to be written to the state's write-ahead file.
TEST(kill_9_while_installing, leaves_the_old_state_or_the_new_one) {
  scratch_directory from;
  kv_store store;
  open(store, from);
  std::vector<sluice::record> large{put_at(1, "large", std::string(8'000'000, 'x'))};
  ASSERT_FALSE(store.apply(large));
  auto stream = kv_snapshot_source{from.path()}.begin();
  ASSERT_TRUE(stream);
  auto bytes = (*stream)->next(64'000'000);
  ASSERT_TRUE(bytes);
  for (std::uint64_t round = 0; round < 8; ++round) {
    scratch_directory to;
    {
      kv_store old;
      open(old, to);
    }
    child installing{[&](int out) {
      kv_snapshot_sink sink{to.path(), [out](install_step done) {
                              if (done == install_step::verified)
                                say(out, 1);
                            }};
      if (sink.begin(lsn{1}) || sink.write(*bytes))
        _exit(1);
      static_cast<void>(sink.install(lsn{1}));
    }};
    ASSERT_EQ(installing.hear(1), 1u);
    auto wal = to.path() / "kv.sqlite-wal";
    std::error_code not_there;
    for (std::uint64_t size = 0; size < round * 1'000'000;) {
      auto found = std::filesystem::file_size(wal, not_there);
      size = not_there ? 0 : found;
      if (installing.has_ended())
        break;
    }
    installing.kill();
    installing.hear_rest(0);
    auto state = state_in(to);
    EXPECT_EQ(state.entries.size(), state.applied.value) << "all of it or nothing";
  }
}

} // namespace
} // namespace kv::test
