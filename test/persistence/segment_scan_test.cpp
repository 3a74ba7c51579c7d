#include "persistence/segment_scan.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sluice::test {

namespace {

using namespace persistence;

constexpr std::uint64_t never_written_from = 1024 * 1024;
constexpr std::uint64_t file_bytes = 64 * never_written_from;

/// Reserved in full and written in its front: says so, and counts what is read behind.
class new_segment final : public file {
public:
  caf::expected<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    std::fill(into.begin(), into.end(), '\0');
    for (std::size_t i = 0; i < mark_.size(); ++i)
      if (mark_at + i >= offset && mark_at + i < offset + into.size())
        into[static_cast<std::size_t>(mark_at + i - offset)] = mark_[i];
    if (offset + into.size() > never_written_from)
      unwritten_bytes_read += into.size();
    return into.size();
  }
  caf::expected<std::uint64_t> size() override { return file_bytes; }
  caf::expected<std::vector<byte_range>> written_ranges(std::uint64_t from) override {
    auto begin = std::max(from, mark_at / 4096 * 4096);
    return std::vector<byte_range>{{begin, never_written_from}};
  }
  caf::error write_at(std::uint64_t, std::span<const std::string_view>) override { return {}; }
  caf::error sync_data() override { return {}; }
  caf::error truncate(std::uint64_t) override { return {}; }
  caf::error allocate(std::uint64_t) override { return {}; }

  void put_mark(const segment_header& header, std::uint64_t byte_offset) {
    mark_at = byte_offset;
    encode({mark_kind::idle, header.salt, lsn{1}, digest{1}, lsn{1}, byte_offset}, mark_.data());
  }

  std::uint64_t mark_at = 0;
  std::uint64_t unwritten_bytes_read = 0;

private:
  std::array<char, mark_bytes> mark_{};
};

TEST(find_mark, reads_little_of_what_was_never_written) {
  new_segment bytes;
  file_window window{bytes, file_bytes};
  segment_header header;
  auto found = find_mark(window, header, segment_header_bytes);
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
  EXPECT_LE(bytes.unwritten_bytes_read, 512u * 1024);
}

TEST(find_mark, finds_a_mark_wherever_in_its_block_it_stands) {
  segment_header header;
  header.salt = 77;
  for (std::uint64_t at : {200, 4088, 4096, 262'136, 262'144, 262'200, 700'000}) {
    new_segment bytes;
    bytes.put_mark(header, at);
    file_window window{bytes, file_bytes};
    auto found = find_mark(window, header, segment_header_bytes);
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, std::optional{at});
  }
}

} // namespace

} // namespace sluice::test
