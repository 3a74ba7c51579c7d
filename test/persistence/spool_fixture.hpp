#pragma once

#include "persistence/random_source.hpp"
#include "persistence/spool.hpp"
#include "persistence/spool_reader.hpp"
#include "persistence/wall_clock.hpp"
#include "test/support/memory_vfs.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::test {

/// Counts up: salts and times that are the same in every run.
class counting_random final : public persistence::random_source {
public:
  std::uint64_t next() override { return next_ += 0x9E3779B97F4A7C15u; }

private:
  std::uint64_t next_ = 0;
};

class standing_clock final : public persistence::wall_clock {
public:
  timestamp_ms now() override { return timestamp_ms{1'700'000'000'000}; }
};

inline const std::filesystem::path log_directory = "/log";

/// A log in memory; segments are small, so that a few appends roll.
struct memory_log {
  explicit memory_log(std::uint64_t seed = 1) : disk(seed) {
    options.segment_bytes = 4096;
    options.index_interval_bytes = 512;
    EXPECT_FALSE(disk.create_directories(log_directory));
  }

  caf::expected<std::unique_ptr<persistence::spool>> open() {
    return persistence::spool::open(disk, log_directory, options, {"cluster"}, {&clock, &random});
  }

  memory_vfs disk;
  persistence::spool_options options;
  counting_random random;
  standing_clock clock;
};

/// What record `position` holds: different for each, and of different length.
inline std::string record_text(std::uint64_t position) {
  return "record " + std::to_string(position) + " " + std::string(position * 37 % 300, 'x');
}

inline persistence::append_entry entry_of(std::vector<std::string> texts) {
  persistence::append_entry entry;
  for (auto& text : texts)
    entry.records.push_back(payload{text});
  entry.timestamp = timestamp_ms{1000};
  return entry;
}

/// Appends the next record alone. @returns its error
inline caf::error append_next(persistence::spool& log) {
  std::vector entries{entry_of({record_text(log.next_lsn().value)})};
  auto batch = log.append(entries, term{1}, timeline_id{1});
  return batch ? caf::error{} : batch.error();
}

/// Does what the segment_preparer does.
inline caf::error run_chores(persistence::vfs& disk, persistence::spool& log) {
  for (const auto& work : log.take_chores()) {
    auto made = persistence::run_chore(disk, work, {});
    if (!made)
      return made.error();
    if (*made)
      log.offer_prepared(std::move(**made));
  }
  return {};
}

/// Every record of (after, through].
inline caf::expected<std::vector<record>> read_records(persistence::spool_reader& reader, lsn after,
                                                       lsn through) {
  std::vector<record> records;
  while (after < through) {
    auto batches = reader.read_batches(after, through, {});
    if (!batches)
      return batches.error();
    for (const auto& batch : *batches) {
      auto decoded = persistence::decode_records(batch, after, through);
      if (!decoded)
        return decoded.error();
      for (auto& one : *decoded) {
        after = one.lsn;
        records.push_back(std::move(one));
      }
    }
  }
  return records;
}

/// Whether the log reads as `record_text` from its oldest LSN to its end; says why not.
inline testing::AssertionResult holds_its_records(persistence::vfs& disk,
                                                  const persistence::spool& log) {
  auto reader = persistence::spool_reader::open(disk, log_directory);
  if (!reader)
    return testing::AssertionFailure() << describe(reader.error());
  auto position = log.oldest_lsn();
  auto records = read_records(**reader, previous(position), log.durable_lsn());
  if (!records)
    return testing::AssertionFailure() << describe(records.error());
  for (const auto& one : *records) {
    if (one.lsn != position || one.bytes.view() != record_text(position.value))
      return testing::AssertionFailure() << "record " << position.value << " is another";
    position = next(position);
  }
  if (position != log.next_lsn())
    return testing::AssertionFailure() << "records end before " << position.value;
  return testing::AssertionSuccess();
}

} // namespace sluice::test
