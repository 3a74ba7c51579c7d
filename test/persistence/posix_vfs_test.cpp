#include "test/persistence/spool_fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::test {

namespace {

using namespace persistence;

/// A directory on the real disk that goes with the test.
class real_directory {
public:
  real_directory() {
    auto name = (std::filesystem::temp_directory_path() / "sluice-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      ADD_FAILURE() << "mkdtemp";
    path_ = name;
  }
  ~real_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

TEST(posix_vfs, a_log_on_the_real_disk_opens_with_what_was_appended) {
  real_directory where;
  auto directory = where.path() / "a" / "log";
  ASSERT_FALSE(posix_vfs().create_directories(directory));
  spool_options options;
  options.segment_bytes = 64 * 1024;
  for (std::uint64_t life = 0; life < 3; ++life) {
    auto log = spool::open(posix_vfs(), directory, options, {"c"});
    ASSERT_TRUE(log) << describe(log.error());
    EXPECT_EQ((*log)->durable_lsn(), lsn{life * 100});
    for (int i = 0; i < 100; ++i)
      ASSERT_FALSE(append_next(**log));
    ASSERT_FALSE(run_chores(posix_vfs(), **log));
    ASSERT_TRUE((*log)->prune_through(lsn{life * 50}));
  }
}

TEST(posix_vfs, a_second_opener_is_locked_out_until_the_first_goes) {
  real_directory where;
  auto first = posix_vfs().lock(where.path());
  ASSERT_TRUE(first) << describe(first.error());
  EXPECT_EQ(code_of(posix_vfs().lock(where.path()).error()), errc::locked);
  first->reset();
  EXPECT_TRUE(posix_vfs().lock(where.path()));
}

TEST(posix_vfs, a_write_of_many_parts_arrives_in_order) {
  real_directory where;
  auto opened = posix_vfs().open(where.path() / "f", open_mode::create_exclusive);
  ASSERT_TRUE(opened);
  std::vector<std::string> texts;
  std::string all;
  for (int i = 0; i < 200; ++i) {
    texts.push_back(
        std::string(static_cast<std::size_t>(i * 31 % 700), static_cast<char>('a' + i % 26)));
    all += texts.back();
  }
  std::vector<std::string_view> parts{texts.begin(), texts.end()};
  ASSERT_FALSE((*opened)->write_at(5, parts));
  ASSERT_FALSE((*opened)->sync_data());
  std::string got(all.size() + 10, '\0');
  EXPECT_EQ(*(*opened)->read_at(5, got), all.size());
  got.resize(all.size());
  EXPECT_EQ(got, all);
  EXPECT_FALSE(posix_vfs().open(where.path() / "f", open_mode::create_exclusive));
}

TEST(posix_vfs, what_is_written_through_is_read_back_wherever_it_stands) {
  real_directory where;
  auto opened = posix_vfs().open(where.path() / "f", open_mode::create_exclusive);
  ASSERT_TRUE(opened);
  std::mt19937_64 random{7};
  std::string expected;
  // Blocks and parts of them, less than a piece and several, on the border of a block and not.
  for (std::size_t bytes : {1024 * 1024, 4096, 600 * 1024 + 7, 1, 300 * 1024, 4088, 512 * 1024}) {
    std::string part(bytes, '\0');
    std::ranges::generate(part, [&] { return static_cast<char>(random()); });
    ASSERT_FALSE((*opened)->write_through(expected.size(), part));
    expected += part;
    // Read in between, so that the cache has what stands around the next one.
    std::string got(expected.size(), '\0');
    ASSERT_EQ(*(*opened)->read_at(0, got), expected.size());
    ASSERT_TRUE(got == expected) << "behind the part of " << bytes << " bytes";
  }
  ASSERT_FALSE((*opened)->sync_data());
  EXPECT_EQ(*(*opened)->size(), expected.size()) << "nothing was rounded up";
}

TEST(posix_vfs, what_is_written_through_replaces_what_the_cache_holds) {
  real_directory where;
  auto opened = posix_vfs().open(where.path() / "f", open_mode::create_exclusive);
  ASSERT_TRUE(opened);
  std::string before(1024 * 1024, 'b'), after(512 * 1024, 'a');
  std::string_view parts[]{before};
  ASSERT_FALSE((*opened)->write_at(0, parts));
  ASSERT_FALSE((*opened)->write_through(4096, after));
  std::string got(before.size(), '\0');
  ASSERT_EQ(*(*opened)->read_at(0, got), before.size());
  EXPECT_TRUE(got == before.replace(4096, after.size(), after));
}

TEST(posix_vfs, what_is_written_through_stays_in_its_file_when_that_is_renamed) {
  real_directory where;
  auto opened = posix_vfs().open(where.path() / "f", open_mode::create_exclusive);
  auto other = posix_vfs().open(where.path() / "g", open_mode::create_exclusive);
  ASSERT_TRUE(opened && other);
  ASSERT_FALSE(posix_vfs().rename(where.path() / "f", where.path() / "h"));
  ASSERT_FALSE(posix_vfs().rename(where.path() / "g", where.path() / "f"));
  ASSERT_FALSE((*opened)->write_through(0, std::string(8192, 'x')));
  EXPECT_EQ(*(*opened)->size(), 8192u);
  EXPECT_EQ(*(*other)->size(), 0u);
}

TEST(posix_vfs, what_was_written_is_never_taken_for_unwritten) {
  real_directory where;
  auto opened = posix_vfs().open(where.path() / "f", open_mode::create_exclusive);
  ASSERT_TRUE(opened);
  ASSERT_FALSE((*opened)->allocate(1 << 20));
  constexpr std::uint64_t written = 600'000;
  std::string_view parts[] = {"not synced"};
  ASSERT_FALSE((*opened)->write_at(written, parts));
  for (std::uint64_t from : {std::uint64_t{0}, std::uint64_t{4096}, written, written + 5}) {
    auto ranges = (*opened)->written_ranges(from);
    ASSERT_TRUE(ranges) << describe(ranges.error());
    ASSERT_FALSE(ranges->empty());
    EXPECT_GE(ranges->front().begin, from);
    auto is_covered = std::any_of(ranges->begin(), ranges->end(), [&](byte_range x) {
      return x.begin <= std::max(from, written) && x.end >= written + parts[0].size();
    });
    EXPECT_TRUE(is_covered) << "from " << from;
  }
  auto behind = (*opened)->written_ranges(1 << 20);
  ASSERT_TRUE(behind) << describe(behind.error());
  EXPECT_TRUE(behind->empty());
}

TEST(posix_vfs, a_directory_that_cannot_be_written_is_an_io_error) {
  if (::geteuid() == 0)
    GTEST_SKIP() << "root may write anywhere";
  real_directory where;
  ASSERT_EQ(::chmod(where.path().c_str(), 0500), 0);
  auto opened = posix_vfs().open(where.path() / "f", open_mode::create_exclusive);
  ASSERT_FALSE(opened);
  EXPECT_EQ(code_of(opened.error()), errc::io_error);
}

TEST(posix_vfs, no_descriptor_left_is_overloaded) {
  real_directory where;
  // UBSan looks up a type that it sees for the first time with a pipe: let it see an error
  // while it has descriptors.
  EXPECT_EQ(code_of(posix_vfs().open("/nowhere/at/all", open_mode::read).error()), errc::io_error);
  rlimit former{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &former), 0);
  auto none = former;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  auto opened = posix_vfs().open(where.path() / "f", open_mode::create_exclusive);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &former), 0);
  ASSERT_FALSE(opened);
  EXPECT_EQ(code_of(opened.error()), errc::overloaded);
}

TEST(posix_vfs, errors_name_the_call_and_the_path) {
  auto opened = posix_vfs().open("/nowhere/at/all", open_mode::read);
  ASSERT_FALSE(opened);
  EXPECT_NE(describe(opened.error()).find("open: /nowhere/at/all"), std::string::npos);
}

} // namespace

} // namespace sluice::test
