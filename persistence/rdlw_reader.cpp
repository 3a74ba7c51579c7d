#include "persistence/rdlw_reader.hpp"

#include <algorithm>
#include <limits>

namespace sluice::persistence {

namespace {

constexpr std::string_view magic_text = "RDLW";
constexpr std::uint64_t search_step_bytes = 64 * 1024;
/// A payload may be made to look like so many frames that checking each takes for ever: the
/// search for one reads no more than so many times what it looks through.
constexpr std::uint64_t search_passes_max = 16;
constexpr std::uint64_t search_bytes_free = 64 * 1024 * 1024;

} // namespace

caf::expected<std::unique_ptr<rdlw_reader>> rdlw_reader::open(vfs& disk,
                                                              std::filesystem::path path) {
  auto opened = disk.open(path, open_mode::read);
  if (!opened)
    return opened.error();
  auto file_bytes = (*opened)->size();
  if (!file_bytes)
    return file_bytes.error();
  return std::unique_ptr<rdlw_reader>{
      new rdlw_reader{std::move(path), std::move(*opened), *file_bytes}};
}

damage rdlw_reader::damaged(std::string reason, errc code) const {
  return {path_, byte_offset_, expected_, std::move(reason), code};
}

caf::expected<rdlw_verdict> rdlw_reader::judge(std::uint64_t byte_offset, lsn expected) {
  auto left = window_.file_bytes() - byte_offset;
  auto verdict = judge_rdlw({}, left, expected);
  while (const auto* wants = std::get_if<rdlw_wants>(&verdict)) {
    auto bytes = wants->bytes;
    bytes_judged_ += bytes;
    auto seen = window_.view(byte_offset, bytes);
    if (!seen)
      return seen.error();
    // Somebody cut the file under us.
    if (seen->size() < bytes)
      return make_error(errc::io_error, "read: " + path_.string()
                                            + ": offset=" + std::to_string(byte_offset)
                                            + ": the file became shorter while it was read");
    verdict = judge_rdlw(*seen, left, expected);
  }
  return verdict;
}

caf::expected<rdlw_item> rdlw_reader::next() {
  if (byte_offset_ == window_.file_bytes())
    return rdlw_item{rdlw_end{}};
  auto verdict = judge(byte_offset_, expected_);
  if (!verdict)
    return verdict.error();
  if (const auto* frame = std::get_if<rdlw_frame>(&*verdict))
    return take(*frame);
  if (auto* found = std::get_if<rdlw_damaged>(&*verdict))
    return rdlw_item{damaged(std::move(found->reason), found->code)};
  return explain_end();
}

rdlw_item rdlw_reader::take(const rdlw_frame& frame) {
  constexpr auto lsn_max = std::numeric_limits<std::uint64_t>::max() - 1;
  auto here = "LSN " + to_string(frame.lsn);
  if (frame.lsn == no_lsn || frame.lsn.value > lsn_max)
    return damaged(here + " is none that a record can have");
  if (expected_ != no_lsn && frame.lsn != expected_)
    return damaged(here + " follows LSN " + to_string(previous(expected_))
                   + (frame.lsn > expected_ ? ": records are missing" : ": it must ascend"));
  if (frame.term.value == std::numeric_limits<std::uint64_t>::max())
    return damaged("term " + to_string(frame.term) + " leaves no higher one");
  if (frame.term.value != 0 && frame.term < term_)
    return damaged("term " + to_string(frame.term) + " follows term " + to_string(term_)
                   + ": terms only grow");
  expected_ = sluice::next(frame.lsn);
  term_ = std::max(term_, frame.term);
  byte_offset_ += frame.frame_bytes;
  return frame;
}

/// A wrong length looks like a file that ends too early. When frames go on behind it, that is
/// what it is.
caf::expected<rdlw_item> rdlw_reader::explain_end() {
  auto end = window_.file_bytes();
  bytes_judged_ = 0;
  auto bytes_judged_max = search_bytes_free + search_passes_max * (end - byte_offset_);
  for (auto from = byte_offset_ + 1; from < end;) {
    auto seen = window_.view(from, search_step_bytes);
    if (!seen)
      return seen.error();
    auto hit = seen->find(magic_text);
    if (hit == std::string_view::npos) {
      if (seen->size() < search_step_bytes)
        break;
      from += seen->size() - (magic_text.size() - 1);
      continue;
    }
    from += hit;
    auto stands = stands_frame_at(from);
    if (!stands)
      return stands.error();
    if (*stands)
      return rdlw_item{
          damaged("the frame is longer than the file, but another one stands at offset "
                  + std::to_string(from))};
    if (bytes_judged_ > bytes_judged_max)
      return rdlw_item{damaged("the frame is longer than the file, and too much behind it looks "
                               "like frames to tell whether one is")};
    ++from;
  }
  return rdlw_item{rdlw_torn{path_, byte_offset_, end - byte_offset_}};
}

/// A frame that could be one of the next: a payload may hold the bytes of any other.
caf::expected<bool> rdlw_reader::stands_frame_at(std::uint64_t byte_offset) {
  auto verdict = judge(byte_offset, no_lsn);
  if (!verdict)
    return verdict.error();
  const auto* frame = std::get_if<rdlw_frame>(&*verdict);
  if (frame == nullptr || frame->lsn == no_lsn)
    return false;
  auto between = (byte_offset - byte_offset_) / rdlw_frame_bytes_min;
  return expected_ == no_lsn
         || (frame->lsn > expected_ && distance(expected_, frame->lsn) <= between);
}

} // namespace sluice::persistence
