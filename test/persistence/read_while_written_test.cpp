#include "persistence/inspect.hpp"
#include "persistence/mark.hpp"
#include "persistence/segment_name.hpp"
#include "persistence/verify.hpp"
#include "test/persistence/spool_fixture.hpp"

#include <functional>

/// What looks at a log while its owner writes it must not take what it read a moment ago
/// and what it reads now for damage.
namespace sluice::test {

namespace {

using namespace persistence;

/// Lets somebody else do something before the n-th read.
class interrupted_vfs final : public vfs {
public:
  interrupted_vfs(vfs& inner, std::uint64_t nth, std::function<void()> interrupt)
      : inner_(inner), reads_left_(nth), interrupt_(std::move(interrupt)) {}

  bool is_interrupted() const { return reads_left_ == 0; }
  void on_read() {
    if (reads_left_ > 0 && --reads_left_ == 0)
      interrupt_();
  }

  caf::expected<std::unique_ptr<file>> open(const std::filesystem::path& path,
                                            open_mode mode) override {
    auto opened = inner_.open(path, mode);
    if (!opened)
      return opened.error();
    return std::unique_ptr<file>{std::make_unique<interrupted_file>(*this, std::move(*opened))};
  }
  caf::expected<bool> exists(const std::filesystem::path& path) override {
    return inner_.exists(path);
  }
  caf::expected<std::vector<std::string>> list(const std::filesystem::path& directory) override {
    return inner_.list(directory);
  }
  caf::expected<std::uint64_t> free_bytes(const std::filesystem::path& directory) override {
    return inner_.free_bytes(directory);
  }

  // Nobody who only looks calls any of these.
  caf::error create_directories(const std::filesystem::path&) override { return refused(); }
  caf::error rename(const std::filesystem::path&, const std::filesystem::path&) override {
    return refused();
  }
  caf::expected<bool> has_other_name(const std::filesystem::path&) override { return refused(); }
  caf::error remove(const std::filesystem::path&) override { return refused(); }
  caf::error remove_directory(const std::filesystem::path&) override { return refused(); }
  caf::error sync_directory(const std::filesystem::path&) override { return refused(); }
  caf::expected<std::unique_ptr<directory_lock>> lock(const std::filesystem::path&) override {
    return refused();
  }

private:
  static caf::error refused() { return make_error(errc::io_error, "a reader wrote"); }

  class interrupted_file final : public file {
  public:
    interrupted_file(interrupted_vfs& owner, std::unique_ptr<file> inner)
        : owner_(owner), inner_(std::move(inner)) {}
    caf::expected<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
      owner_.on_read();
      return inner_->read_at(offset, into);
    }
    caf::expected<std::vector<byte_range>> written_ranges(std::uint64_t from) override {
      owner_.on_read();
      return inner_->written_ranges(from);
    }
    caf::expected<std::uint64_t> size() override { return inner_->size(); }
    caf::error write_at(std::uint64_t, std::span<const std::string_view>) override {
      return refused();
    }
    caf::error sync_data() override { return refused(); }
    caf::error truncate(std::uint64_t) override { return refused(); }
    caf::error allocate(std::uint64_t) override { return refused(); }

  private:
    interrupted_vfs& owner_;
    std::unique_ptr<file> inner_;
  };

  vfs& inner_;
  std::uint64_t reads_left_;
  std::function<void()> interrupt_;
};

struct live_log {
  memory_log setup;
  std::unique_ptr<spool> log;

  live_log() {
    setup.options.segment_bytes = 64 * 1024;
    log = std::move(*setup.open());
    append(5);
  }
  void append(int count) {
    for (int i = 0; i < count; ++i)
      EXPECT_FALSE(append_next(*log));
  }
};

/// Calls `look` with a disk on which the log grows before the first read, the second, ...
/// @returns how many reads there were to interrupt
template <class Look>
std::uint64_t interrupt_each_read(int appends, Look look) {
  for (std::uint64_t nth = 1;; ++nth) {
    live_log live;
    interrupted_vfs disk{live.setup.disk, nth, [&] { live.append(appends); }};
    look(disk, live);
    if (testing::Test::HasFailure() || !disk.is_interrupted())
      return nth - 1;
  }
}

TEST(verify_log, takes_no_append_between_two_reads_for_damage) {
  for (auto appends : {1, 2, 7}) {
    auto reads = interrupt_each_read(appends, [&](vfs& disk, live_log& live) {
      auto report = verify_log(disk, log_directory, {});
      ASSERT_TRUE(report) << describe(report.error());
      EXPECT_TRUE(report->damages.empty()) << report->damages.front().reason;
      EXPECT_GE(report->last, lsn{5});
      EXPECT_LE(report->last, live.log->durable_lsn());
      EXPECT_EQ(report->records, report->last.value);
    });
    EXPECT_GE(reads, 4u);
  }
}

TEST(inspect, the_extent_takes_no_append_between_two_reads_for_damage) {
  for (auto appends : {1, 2, 7}) {
    auto reads = interrupt_each_read(appends, [&](vfs& disk, live_log& live) {
      auto extent = find_extent(disk, log_directory);
      ASSERT_TRUE(extent) << describe(extent.error());
      EXPECT_FALSE(extent->cut_by) << extent->cut_by->reason;
      EXPECT_GE(extent->last, lsn{5});
      EXPECT_LE(extent->last, live.log->durable_lsn());
    });
    EXPECT_GE(reads, 2u);
  }
}

TEST(verify_log, damage_before_a_mark_stays_damage_while_the_log_grows) {
  interrupt_each_read(3, [&](vfs& disk, live_log& live) {
    auto path = log_directory / segment_file_name({lsn{1}, 1});
    auto bytes = live.setup.disk.content(path);
    bytes[segment_header_bytes + mark_bytes + 20] ^= 1;
    live.setup.disk.set_content(path, bytes);
    auto report = verify_log(disk, log_directory, {});
    ASSERT_TRUE(report) << describe(report.error());
    ASSERT_EQ(report->damages.size(), 1u);
    EXPECT_EQ(report->damages[0].lsn, lsn{1});
  });
}

} // namespace

} // namespace sluice::test
