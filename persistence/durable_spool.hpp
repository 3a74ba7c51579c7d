#pragma once

#include "persistence/batch_encoder.hpp"
#include "persistence/mark.hpp"
#include "persistence/recovery.hpp"
#include "persistence/segment_factory.hpp"
#include "persistence/segment_file.hpp"
#include "persistence/spool.hpp"

#include <array>
#include <deque>

namespace sluice::persistence {

/// The spool on a vfs. Opening is in spool_open.cpp, appending and rolling in
/// durable_spool.cpp, pruning and chores in spool_prune.cpp.
class durable_spool final : public spool {
public:
  durable_spool(vfs& disk, std::filesystem::path directory, spool_options options,
                spool_identity identity, spool_environment environment);

  /// Performs what recovery found to be necessary.
  caf::error start(recovered_log log);

  lsn oldest_lsn() const override;
  lsn next_lsn() const override { return next(last_); }
  lsn durable_lsn() const override { return last_; }
  digest tail_digest() const override { return tail_digest_; }
  sluice::term last_term() const override { return last_term_; }
  timeline_id last_timeline() const override { return last_timeline_; }
  const recovery_report& recovery() const override { return report_; }
  const std::optional<std::string>& failure() const override { return failure_; }
  errc failure_code() const override { return failure_code_; }
  const producer_table& producers() const override { return producers_; }
  std::uint64_t retained_bytes() const override;
  std::vector<replication::segment_extent> segments() const override;
  std::size_t closed_segments() const override { return closed_.size(); }
  std::uint64_t spare_bytes() const override { return factory_.ready_bytes(); }

  caf::expected<frame_batch> append(std::span<const append_entry> entries, sluice::term current,
                                    timeline_id timeline) override;
  caf::error append_verbatim(std::span<const frame_batch> batches) override;
  caf::error start_at(lsn first, digest before, sluice::term last_term,
                      std::string_view producers) override;
  caf::error mark() override;
  caf::error close() override;
  caf::expected<lsn> prune_through(lsn through) override;
  std::vector<chore> take_chores() override;
  void offer_prepared(prepared_segment segment) override;

private:
  using mark_block = std::array<char, mark_bytes>;
  struct checked_batch;

  bool has_records() const;
  caf::error check_writable() const;
  caf::error latch(const caf::error& cause);
  caf::error latch_if(const caf::error& cause);

  mark_block make_mark(mark_kind kind, const live_segment& segment) const;
  caf::error write_mark(mark_kind kind, std::size_t marks_after);
  caf::error ensure_room(std::uint64_t group_bytes, sluice::term current, timeline_id timeline);
  caf::error roll(std::uint64_t group_bytes, sluice::term current, timeline_id timeline);
  segment_header next_header(sluice::term current, timeline_id timeline) const;
  caf::error end_segment(live_segment& segment);
  void want_index();
  caf::error remove_indexes();
  caf::error write_base_index();
  caf::error write_group(std::span<const checked_batch> group);
  caf::expected<std::vector<checked_batch>> check(std::span<const frame_batch> batches) const;
  void advance(const frame_batch& batch, std::uint64_t byte_offset,
               std::span<const stamped_records> stamps);

  caf::error keep_torn(const std::string& bytes);
  caf::error perform_cuts(const std::vector<unfinished_cut>& cuts);
  caf::error take_active(const recovered_log& log);
  caf::error rewrite_tail(recovered_log& log);
  caf::error write_again(const std::optional<persistence::mark>& last_mark);
  caf::error retire_all(const std::vector<segment_name>& names);

  caf::error retire(segment_name name, std::uint64_t bytes);
  caf::error ensure_index(const closed_segment& segment);
  void want_reserve();

  vfs& disk_;
  std::filesystem::path directory_;
  spool_options options_;
  segment_factory factory_;

  std::deque<closed_segment> closed_;
  std::unique_ptr<live_segment> live_;
  /// What was written into it may not be on disk behind its last mark: only its end mark
  /// may still be written.
  bool must_roll_ = false;
  std::optional<mark_kind> last_frame_mark_;

  lsn oldest_{1};
  lsn last_;
  digest tail_digest_;
  sluice::term last_term_;
  timeline_id last_timeline_;
  producer_table producers_;
  std::optional<segment_name> base_index_;

  recovery_report report_;
  std::optional<std::string> failure_;
  errc failure_code_ = errc::ok;
  bool is_closed_ = false;
  /// Rolls since a reserve was asked for; nothing when none is on its way.
  std::optional<int> rolls_since_asked_;
  std::vector<chore> chores_;
};

} // namespace sluice::persistence
