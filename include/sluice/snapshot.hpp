#pragma once

#include <sluice/types.hpp>

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sluice {

/// One consistent state of an embedder, frozen when it was begun, handed out from its first
/// byte to its last. Used by one actor at a time; may block. Destroying it, at its end or
/// before, gives back whatever it holds and leaves nothing behind on disk.
class snapshot_stream {
public:
  virtual ~snapshot_stream() = default;

  /// The state is that of all records through here and of none behind. {0}: of none at all.
  virtual lsn at() const = 0;

  /// How many bytes there are together; 0 when that is not known before the end.
  virtual std::uint64_t bytes() const = 0;

  /// Where all of the bytes stand already: a file on the volume of the node's directory that
  /// nobody changes any more. The node gives it a second name where it can, and spares a copy of
  /// the state. Empty: there is none.
  virtual std::filesystem::path file() const { return {}; }

  /// The next bytes, at least one and at most `bytes_max` > 0 of them; empty at the end, and
  /// from then on. The bytes mean something to the embedder's `snapshot_sink` only. After an
  /// error the stream is of no further use: begin another one.
  virtual caf::expected<std::string> next(std::size_t bytes_max) = 0;
};

/// Where an embedder's state comes from when a replica can no longer get it from the log:
/// PostgreSQL's base backup, etcd's snapshot send, RocksDB's checkpoint.
class snapshot_source {
public:
  virtual ~snapshot_source() = default;

  /// Freezes the state as it is between two calls of `applier::apply`, which goes on
  /// meanwhile and must not be held up for longer than a write. Called by one actor of the
  /// node, another one than calls the applier; may block. Several streams may be open at once.
  /// @returns an error when there is no state that can be handed out; the node goes on
  virtual caf::expected<std::unique_ptr<snapshot_stream>> begin() = 0;
};

/// Where an embedder's state goes to when it is replaced by a snapshot. Called by one actor,
/// one call at a time, and never while `applier::apply` runs; may block. Until `install`
/// readers of the state see the old one and only that; a crash at any point leaves either
/// the old state or the new one, and nothing of the other behind once it is opened again.
class snapshot_sink {
public:
  virtual ~snapshot_sink() = default;

  /// A snapshot at `at` is about to come; what was staged of an earlier one is forgotten.
  virtual caf::error begin(lsn at) = 0;

  /// The bytes that follow, as the source gave them, cut anywhere. Not durable yet.
  virtual caf::error write(std::string_view bytes) = 0;

  /// Instead of `begin` and `write`: all bytes stand in `file`, on the volume of the node's
  /// directory, which nobody changes any more and which is removed after `install`. A sink that
  /// can link it, or read it where it stands, spares a copy of the state.
  /// @returns whether it does; false: `begin` and `write` follow
  virtual caf::expected<bool> stage(lsn at, const std::filesystem::path& file) {
    static_cast<void>(at);
    static_cast<void>(file);
    return false;
  }

  /// All bytes have come. Verifies that they are one whole state at `at`, makes it the state,
  /// in one step, and makes that durable: when it returns no error, `applier::applied` is
  /// `at`, in a later life too. After `errc::corruption`, of what arrived, or another error,
  /// the old state stands and nothing is staged.
  /// @param at the LSN that was begun, or staged, with
  virtual caf::error install(lsn at) = 0;

  /// Forgets what was staged. Harmless when nothing is.
  virtual void abort() = 0;
};

} // namespace sluice
