#include "persistence/frame.hpp"
#include "persistence/little_endian.hpp"
#include "persistence/mark.hpp"
#include "persistence/segment_header.hpp"
#include "persistence/segment_name.hpp"
#include "test/persistence/spool_fixture.hpp"

#include <cstdlib>

namespace sluice::test {

namespace {

using namespace persistence;

bool is_soak() {
  return std::getenv("SLUICE_SOAK") != nullptr;
}

enum class part { header, mark, batch };

/// What one checksum covers.
struct covered {
  part kind = part::header;
  std::uint64_t byte_offset = 0;
  std::uint64_t bytes = 0;
};

/// The only segment of a log whose frames take `bytes`, or a little less.
std::string written_segment(std::uint64_t bytes, lsn& last) {
  memory_log setup;
  setup.options.segment_bytes = bytes + 4096;
  auto log = setup.open();
  auto written = segment_header_bytes;
  while (written + 2 * mark_bytes < bytes) {
    std::vector entries{entry_of({record_text((*log)->next_lsn().value)})};
    auto batch = (*log)->append(entries, term{1}, timeline_id{1});
    if (!batch)
      ADD_FAILURE() << describe(batch.error());
    written += mark_bytes + batch->bytes.size();
  }
  last = (*log)->durable_lsn();
  for (const auto& path : setup.disk.files())
    if (parse_segment_file_name(path.filename().string()))
      return setup.disk.content(path);
  return {};
}

std::vector<covered> parts_of(std::string_view segment) {
  std::vector<covered> parts{{part::header, 0, segment_header_bytes}};
  for (std::uint64_t at = segment_header_bytes;;) {
    auto rest = segment.substr(static_cast<std::size_t>(at));
    auto magic = get_little_endian<std::uint32_t>(rest.data());
    if (magic != mark_magic && magic != batch_magic)
      return parts;
    auto bytes = magic == mark_magic ? mark_bytes : decode_batch_header(rest)->stored_bytes();
    parts.push_back({magic == mark_magic ? part::mark : part::batch, at, bytes});
    at += bytes;
  }
}

/// The rule that guards a part, over memory alone.
bool is_intact(part kind, std::string_view bytes) {
  switch (kind) {
  case part::header: return decode_segment_header(bytes).operator bool();
  case part::mark: return decode_mark(bytes).operator bool();
  case part::batch: break;
  }
  auto header = decode_batch_header(bytes);
  return header && header->stored_bytes() == bytes.size() && !why_damaged(*header, bytes);
}

void flip(std::string& bytes, std::uint64_t bit) {
  auto& byte = bytes[static_cast<std::size_t>(bit / 8)];
  byte = static_cast<char>(byte ^ (1 << (bit % 8)));
}

/// A log of this one segment, opened; `setup` keeps the disk.
caf::expected<std::unique_ptr<spool>> open_with(memory_log& setup, const std::string& segment) {
  setup.options.segment_bytes = segment.size();
  setup.disk.set_content(log_directory / segment_file_name({lsn{1}, 1}), segment);
  return setup.open();
}

/// Below the last mark damage is refused and nothing changes; from it on, a torn tail is cut,
/// and only the last record may go.
void expect_outcome(const std::string& damaged, std::uint64_t byte_offset, std::uint64_t last_mark,
                    lsn last) {
  memory_log setup;
  auto log = open_with(setup, damaged);
  if (byte_offset < last_mark) {
    ASSERT_FALSE(log);
    EXPECT_EQ(code_of(log.error()), errc::corruption) << describe(log.error());
    EXPECT_EQ(setup.disk.changes(), 0u);
    return;
  }
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_TRUE((*log)->recovery().torn);
  EXPECT_EQ((*log)->durable_lsn(), previous(last));
}

TEST(every_bit, of_a_log_of_1_MiB_is_covered_by_a_check_of_its_own_part) {
  lsn last;
  auto segment = written_segment(1 << 20, last);
  auto parts = parts_of(segment);
  auto end = parts.back().byte_offset + parts.back().bytes;
  ASSERT_GE(end, (1u << 20) - 1024);
  auto stride = is_soak() ? 1u : 5u;
  std::uint64_t covered_bytes = 0;
  for (const auto& one : parts) {
    ASSERT_EQ(one.byte_offset, covered_bytes) << "a gap that nothing checks";
    covered_bytes += one.bytes;
    auto bytes = segment.substr(static_cast<std::size_t>(one.byte_offset),
                                static_cast<std::size_t>(one.bytes));
    ASSERT_TRUE(is_intact(one.kind, bytes));
    for (std::uint64_t bit = one.byte_offset % stride; bit < one.bytes * 8; bit += stride) {
      flip(bytes, bit);
      ASSERT_FALSE(is_intact(one.kind, bytes)) << "bit " << one.byte_offset * 8 + bit;
      flip(bytes, bit);
    }
  }
}

TEST(every_bit, that_is_drawn_from_1_MiB_is_refused_below_the_last_mark_and_cut_above) {
  lsn last;
  auto segment = written_segment(1 << 20, last);
  auto parts = parts_of(segment);
  auto last_mark = parts[parts.size() - 2].byte_offset;
  auto bits = (parts.back().byte_offset + parts.back().bytes) * 8;
  auto samples = is_soak() ? 10'000u : 200u;
  for (std::uint64_t i = 0; i < samples; ++i) {
    auto bit = i % 8 == 0 ? bits - 1 - i : bits / samples * i + i % 97;
    SCOPED_TRACE("bit " + std::to_string(bit));
    flip(segment, bit);
    ASSERT_NO_FATAL_FAILURE(expect_outcome(segment, bit / 8, last_mark, last));
    flip(segment, bit);
  }
}

TEST(every_byte, of_the_last_4_KiB_is_refused_below_the_last_mark_and_cut_above) {
  lsn last;
  auto segment = written_segment(12 * 1024, last);
  auto parts = parts_of(segment);
  auto last_mark = parts[parts.size() - 2].byte_offset;
  auto end = parts.back().byte_offset + parts.back().bytes;
  for (auto at = end - 4096; at < end; ++at) {
    SCOPED_TRACE("byte " + std::to_string(at));
    auto& byte = segment[static_cast<std::size_t>(at)];
    byte = static_cast<char>(~byte);
    ASSERT_NO_FATAL_FAILURE(expect_outcome(segment, at, last_mark, last));
    byte = static_cast<char>(~byte);
  }
}

TEST(every_cut, in_the_last_4_KiB_leaves_every_record_before_it_when_no_mark_is_left_behind_it) {
  lsn last;
  auto segment = written_segment(12 * 1024, last);
  auto parts = parts_of(segment);
  auto end = parts.back().byte_offset + parts.back().bytes;
  for (auto at = end - 4096; at < end; ++at) {
    SCOPED_TRACE("zeros from " + std::to_string(at));
    auto cut = segment;
    std::fill(cut.begin() + static_cast<std::ptrdiff_t>(at), cut.end(), '\0');
    lsn whole;
    for (const auto& one : parts) {
      auto first = static_cast<std::size_t>(one.byte_offset);
      auto bytes = static_cast<std::size_t>(one.bytes);
      // A part may end in zeros that were not lost.
      if (one.kind == part::batch && cut.compare(first, bytes, segment, first, bytes) == 0)
        whole = next(whole);
    }
    memory_log setup;
    auto log = open_with(setup, cut);
    ASSERT_TRUE(log) << describe(log.error());
    ASSERT_EQ((*log)->durable_lsn(), whole);
    ASSERT_TRUE(at % 64 != 0 || holds_its_records(setup.disk, **log));
  }
}

TEST(every_cut, of_the_file_in_its_last_4_KiB_is_refused) {
  lsn last;
  auto segment = written_segment(12 * 1024, last);
  for (auto bytes = segment.size() - 4096; bytes < segment.size(); ++bytes) {
    memory_log setup;
    auto log = open_with(setup, segment.substr(0, bytes));
    ASSERT_FALSE(log) << "cut at " << bytes;
    ASSERT_EQ(code_of(log.error()), errc::corruption);
    ASSERT_EQ(setup.disk.changes(), 0u);
  }
}

} // namespace

} // namespace sluice::test
