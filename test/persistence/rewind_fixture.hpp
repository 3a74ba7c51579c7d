#pragma once

#include "persistence/diverged_tails.hpp"
#include "persistence/log_rewind.hpp"
#include "persistence/verify.hpp"
#include "test/persistence/spool_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::test {

inline constexpr lsn old_end{60};

/// A deposed primary's directory with a log of 60 records over several segments. Every record
/// has a producer with its LSN as the sequence.
struct rewinding_log : memory_log {
  explicit rewinding_log(std::uint64_t seed = 1) : memory_log(seed) {
    state.node = "r";
    state.role = persistence::node_role::replica;
    EXPECT_FALSE(store().store(state));
    auto log = open();
    while ((*log)->durable_lsn() < old_end) {
      auto entry = entry_of({record_text((*log)->next_lsn().value)});
      entry.producer = producer_stamp{"p", producer_sequence{(*log)->next_lsn().value}};
      auto batch = (*log)->append(std::vector{entry}, term{7}, timeline_id{1});
      EXPECT_TRUE(batch);
      digests.push_back(batch->tail_digest);
    }
    facts = {(*log)->oldest_lsn(), (*log)->durable_lsn(), (*log)->last_term()};
    EXPECT_FALSE(run_chores(disk, **log));
    EXPECT_FALSE((*log)->close());
  }

  persistence::node_state_store store() { return {disk, log_directory}; }
  persistence::log_place place() {
    return {disk, log_directory, options, {"cluster"}, {&clock, &random}};
  }
  digest digest_at(lsn position) const {
    return position == no_lsn ? digest{} : digests[position.value - 1];
  }

  /// As a receiver does it. @returns the cut log, or why there is none yet
  caf::expected<std::unique_ptr<persistence::spool>> rewind(lsn through) {
    auto states = store();
    if (!state.rewind)
      if (auto err = persistence::plan_rewind(disk, log_directory, states, state, through,
                                              digest_at(through), facts))
        return err;
    return persistence::rewind_log(place(), states, state);
  }

  /// As a node does it when it is opened again.
  caf::expected<std::unique_ptr<persistence::spool>> open_again() {
    std::string warning;
    auto states = store();
    auto loaded = states.load(warning);
    if (!loaded)
      return loaded.error();
    state = **loaded;
    return state.rewind ? persistence::rewind_log(place(), states, state) : open();
  }

  /// Whether the folder holds the records of (fork, old_end], whole; says why not.
  testing::AssertionResult keeps_tail(lsn fork, const std::string& name = "7") {
    auto folder = persistence::diverged_folder(log_directory) / name;
    auto report = persistence::verify_log(disk, folder, {});
    if (!report || !report->damages.empty())
      return testing::AssertionFailure()
             << (report ? report->damages.front().reason : describe(report.error()));
    auto reader = persistence::spool_reader::open(disk, folder);
    if (!reader)
      return testing::AssertionFailure() << describe(reader.error());
    auto before = (*reader)->digest_at(fork, old_end);
    if (!before || *before != digest_at(fork))
      return testing::AssertionFailure() << "it does not begin at the fork";
    auto records = read_records(**reader, fork, old_end);
    if (!records)
      return testing::AssertionFailure() << describe(records.error());
    auto position = fork;
    for (const auto& one : *records) {
      position = next(position);
      if (one.lsn != position || one.bytes.view() != record_text(position.value))
        return testing::AssertionFailure() << "record " << position.value << " is another";
    }
    return position == old_end ? testing::AssertionSuccess()
                               : testing::AssertionFailure() << "ends at " << position.value;
  }

  persistence::node_state state;
  persistence::rewound_log facts;
  std::vector<digest> digests;
};

/// Whether the log ends at `through` and goes on with records of a new timeline.
inline void expect_cut(rewinding_log& setup, persistence::spool& log, lsn through) {
  EXPECT_EQ(log.durable_lsn(), through);
  EXPECT_EQ(log.tail_digest(), setup.digest_at(through));
  EXPECT_EQ(log.last_term(), through == no_lsn ? term{} : term{7});
  ASSERT_FALSE(append_next(log));
  EXPECT_TRUE(holds_its_records(setup.disk, log));
}

} // namespace sluice::test
