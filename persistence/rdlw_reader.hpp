#pragma once

#include "persistence/damage.hpp"
#include "persistence/file_window.hpp"
#include "persistence/rdlw_frame.hpp"
#include "persistence/vfs.hpp"

#include <caf/expected.hpp>

#include <filesystem>
#include <memory>
#include <variant>

namespace sluice::persistence {

/// The file ends behind a frame.
struct rdlw_end {};
/// The file ends within a frame, and no frame stands behind that: what a crash tears.
struct rdlw_torn {
  std::filesystem::path file;
  std::uint64_t byte_offset = 0;
  std::uint64_t bytes = 0;
};

/// What stands next in a spool of RedDB. Behind anything but a frame nothing is read.
using rdlw_item = std::variant<rdlw_frame, rdlw_end, rdlw_torn, damage>;

/// Walks a spool of RedDB from its front, as long as it was when it was opened; never writes.
/// Needs memory for one frame. Not thread safe; calls block on the disk.
class rdlw_reader {
public:
  static caf::expected<std::unique_ptr<rdlw_reader>> open(vfs& disk, std::filesystem::path path);

  /// The next frame, whose payload is valid until the next call. Each is dense behind the one
  /// before: a gap, a repeated or a descending LSN and a descending term are damage, but
  /// term 0 (unknown) may follow any.
  /// @returns `errc::io_error`: that a byte cannot be read is no damage
  caf::expected<rdlw_item> next();

  /// Of the next frame.
  std::uint64_t byte_offset() const { return byte_offset_; }
  std::uint64_t file_bytes() const { return window_.file_bytes(); }

private:
  rdlw_reader(std::filesystem::path path, std::unique_ptr<file> opened, std::uint64_t file_bytes)
      : path_(std::move(path)), file_(std::move(opened)), window_(*file_, file_bytes) {}

  caf::expected<rdlw_verdict> judge(std::uint64_t byte_offset, lsn expected);
  rdlw_item take(const rdlw_frame& frame);
  caf::expected<rdlw_item> explain_end();
  caf::expected<bool> stands_frame_at(std::uint64_t byte_offset);
  damage damaged(std::string reason, errc code = errc::corruption) const;

  std::filesystem::path path_;
  std::unique_ptr<file> file_;
  file_window window_;
  std::uint64_t byte_offset_ = 0;
  /// {0} before the first frame.
  lsn expected_;
  /// The highest so far.
  term term_;
  /// In the search for a frame behind one that is cut off.
  std::uint64_t bytes_judged_ = 0;
};

} // namespace sluice::persistence
