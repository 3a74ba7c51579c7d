#pragma once

#include "examples/kv/database.hpp"

#include <sluice/applier.hpp>

#include <optional>

namespace kv {

/// The state machine of a replicated key-value store: puts and deletes become rows of an
/// SQLite file in the node's directory. Promises: what a batch changes and how far the state
/// is are one transaction, so every record counts exactly once, whenever the process dies; a
/// record that is not of this store is passed over, and counted; readers of the file
/// (`kv_reader`), in any process, see the state between two batches.
class kv_store final : public sluice::applier {
public:
  caf::error open(const std::filesystem::path& directory) override;
  sluice::lsn applied() override;

  /// Records that the state has already are passed over.
  /// @returns `errc::malformed` for a gap, `errc::unknown_version` for an operation of a later
  ///   version: the state waits for a program that understands it
  caf::error apply(std::span<const sluice::record> records) override;

private:
  caf::error apply_one(const sluice::record& x);

  std::optional<database> database_;
  statement put_;
  statement delete_;
  statement ignore_;
  statement advance_;
  sluice::lsn last_seen_applied_;
};

} // namespace kv
