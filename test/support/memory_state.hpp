#pragma once

#include <sluice/applier.hpp>
#include <sluice/snapshot.hpp>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

namespace sluice::test {

/// An embedder's state that survives every crash as of its last call: the records that it was
/// given, in order. Takes its own snapshots, and is replaced by them in one step.
class memory_state final : public applier, public snapshot_source, public snapshot_sink {
public:
  /// As bytes: the LSN, then each record on a line.
  static std::string bytes_of(lsn through, const std::vector<std::string>& records) {
    auto text = to_string(through) + "\n";
    for (const auto& x : records)
      text += x + "\n";
    return text;
  }

  lsn applied() override { return through; }

  caf::error apply(std::span<const record> given) override {
    for (const auto& x : given) {
      if (x.lsn != next(through))
        return make_error(errc::corruption, "a gap behind LSN " + to_string(through));
      records.emplace_back(x.bytes.view());
      through = x.lsn;
    }
    return {};
  }

  caf::expected<std::unique_ptr<snapshot_stream>> begin() override {
    ++begun;
    if (source_fails)
      return source_fails;
    return std::unique_ptr<snapshot_stream>{
        std::make_unique<stream>(through, bytes_of(through, records), fails_after)};
  }

  caf::error begin(lsn) override {
    staged.clear();
    return {};
  }

  caf::error write(std::string_view bytes) override {
    if (sink_fails)
      return sink_fails;
    staged += bytes;
    return {};
  }

  caf::error install(lsn at) override {
    if (sink_fails)
      return sink_fails;
    auto first = staged.find('\n');
    std::uint64_t number = 0;
    std::from_chars(staged.data(), staged.data() + std::min(first, staged.size()), number);
    if (first == std::string::npos || number != at.value)
      return make_error(errc::corruption, "this is no state at LSN " + to_string(at));
    through = at;
    records.clear();
    for (auto begin = first + 1; begin < staged.size();) {
      auto end = staged.find('\n', begin);
      records.push_back(staged.substr(begin, end - begin));
      begin = end + 1;
    }
    ++installed;
    staged.clear();
    return {};
  }

  void abort() override { staged.clear(); }

  lsn through;
  std::vector<std::string> records;
  std::string staged;
  int begun = 0;
  int installed = 0;
  caf::error source_fails;
  caf::error sink_fails;
  /// A stream that was begun fails behind so many bytes.
  std::size_t fails_after = SIZE_MAX;

private:
  class stream final : public snapshot_stream {
  public:
    stream(lsn at, std::string bytes, std::size_t fails_after)
        : at_(at), bytes_(std::move(bytes)), fails_after_(fails_after) {}
    lsn at() const override { return at_; }
    std::uint64_t bytes() const override { return bytes_.size(); }
    caf::expected<std::string> next(std::size_t bytes_max) override {
      if (given_ >= fails_after_)
        return make_error(errc::io_error, "the source was told to fail");
      auto part = bytes_.substr(given_, bytes_max);
      given_ += part.size();
      return part;
    }

  private:
    lsn at_;
    std::string bytes_;
    std::size_t fails_after_;
    std::size_t given_ = 0;
  };
};

} // namespace sluice::test
