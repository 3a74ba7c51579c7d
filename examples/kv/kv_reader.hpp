#pragma once

#include "examples/kv/database.hpp"

#include <sluice/types.hpp>

#include <optional>
#include <string>
#include <vector>

namespace kv {

/// A row as a cursor stands on it; gone with the next one.
struct entry_view {
  std::string_view key;
  std::string_view value;
  /// Of the record that wrote it last.
  sluice::lsn lsn;
};

/// Goes through entries in the order of their keys' bytes.
class entry_cursor {
public:
  entry_cursor(statement rows, std::string prefix);
  caf::expected<std::optional<entry_view>> next();

private:
  statement rows_;
  std::string prefix_;
};

/// Reads the state of a node, which may run meanwhile in any process, and writes nothing but
/// SQLite's own `-shm` beside it. Each call sees the state between two batches; several calls
/// see the same one between `freeze` and `thaw`.
class kv_reader {
public:
  /// @returns `errc::not_found` when no node has kept such a state in `directory`
  static caf::expected<kv_reader> open(const std::filesystem::path& directory);

  /// The state is that of all records through here.
  caf::expected<sluice::lsn> applied();

  /// How many of these records were not of the store.
  caf::expected<std::uint64_t> ignored();

  caf::expected<std::optional<std::string>> get(std::string_view key);

  /// Those whose key begins with `prefix`. Not to outlive the reader.
  caf::expected<entry_cursor> list(std::string prefix = {});

  /// What is wrong with the file; empty when all is well. Reads all of it.
  caf::expected<std::string> faults();

  caf::error freeze();
  caf::error thaw();

private:
  explicit kv_reader(database opened) : database_(std::move(opened)) {}
  database database_;
};

/// How two states at one LSN differ.
struct difference {
  std::string key;
  /// LSN of its last writer here and there; none where it is missing.
  std::optional<sluice::lsn> here;
  std::optional<sluice::lsn> there;
};

struct comparison {
  sluice::lsn here_applied;
  sluice::lsn there_applied;
  /// On each side; compared only when both states are at one LSN.
  std::uint64_t entries = 0;
  std::uint64_t differing = 0;
  /// The first of them.
  std::vector<difference> examples;
  /// How many records each side has passed over.
  std::uint64_t here_ignored = 0;
  std::uint64_t there_ignored = 0;

  bool are_same() const {
    return here_applied == there_applied && differing == 0 && here_ignored == there_ignored;
  }
};

/// Looks at both as they are at this moment.
caf::expected<comparison> compare(kv_reader& here, kv_reader& there);

} // namespace kv
