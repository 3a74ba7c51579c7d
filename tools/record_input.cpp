#include "tools/record_input.hpp"

#include "config/defaults.hpp"

#include <sluice/errc.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include <unistd.h>

namespace sluice::tools {

namespace {

constexpr std::size_t block_bytes = 256 * 1024;
constexpr auto record_bytes_max = config::defaults::record_bytes_max;

/// Bytes of a descriptor that were not yet taken.
class input_block {
public:
  explicit input_block(int descriptor) : descriptor_(descriptor), bytes_(block_bytes, '\0') {}

  std::string_view view() const { return std::string_view{bytes_}.substr(begin_, end_ - begin_); }

  void take(std::size_t count) { begin_ += count; }

  /// Blocks until more bytes stand there. @returns false at the end of the input
  caf::expected<bool> read_more() {
    if (begin_ > 0) {
      std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == bytes_.size())
      bytes_.resize(bytes_.size() * 2);
    auto got = ::read(descriptor_, bytes_.data() + end_, bytes_.size() - end_);
    while (got < 0 && errno == EINTR)
      got = ::read(descriptor_, bytes_.data() + end_, bytes_.size() - end_);
    if (got < 0)
      return make_error(errc::io_error, std::string{"input: "} + std::strerror(errno));
    end_ += static_cast<std::size_t>(got);
    return got > 0;
  }

private:
  int descriptor_;
  std::string bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

caf::error too_large(std::uint64_t bytes) {
  return make_error(errc::too_large, "input: a record of " + std::to_string(bytes)
                                         + " bytes or more; at most "
                                         + std::to_string(record_bytes_max) + " are possible");
}

/// Text up to a delimiter; `keep` of the delimiter's bytes belong to the record.
class delimited_input final : public record_input {
public:
  delimited_input(int descriptor, std::string_view delimiter, std::size_t keep)
      : block_(descriptor), delimiter_(delimiter), keep_(keep) {}

  caf::expected<std::optional<payload>> next() override {
    std::size_t searched = 0;
    while (true) {
      auto rest = block_.view();
      auto end = rest.find(delimiter_, searched);
      if (end != std::string_view::npos)
        return take(rest.substr(0, end + keep_), end + delimiter_.size());
      if (rest.size() > record_bytes_max)
        return too_large(rest.size());
      // The delimiter may have begun in what was searched.
      searched = rest.size() - std::min(rest.size(), delimiter_.size() - 1);
      auto more = block_.read_more();
      if (!more)
        return more.error();
      if (!*more)
        return take_rest();
    }
  }

private:
  std::optional<payload> take(std::string_view line, std::size_t bytes) {
    auto record = payload::take(std::string{line});
    block_.take(bytes);
    return record;
  }

  std::optional<payload> take_rest() {
    auto rest = block_.view();
    if (rest.empty())
      return {};
    return take(rest, rest.size());
  }

  input_block block_;
  std::string_view delimiter_;
  std::size_t keep_;
};

class length_prefixed_input final : public record_input {
public:
  explicit length_prefixed_input(int descriptor) : block_(descriptor) {}

  caf::expected<std::optional<payload>> next() override {
    constexpr std::size_t prefix_bytes = 4;
    if (auto there = gather(prefix_bytes, true); !there || !*there)
      return there ? caf::expected<std::optional<payload>>{std::optional<payload>{}}
                   : there.error();
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < prefix_bytes; ++i)
      length |= std::uint64_t{static_cast<unsigned char>(block_.view()[i])} << (8 * i);
    if (length > record_bytes_max)
      return too_large(length);
    block_.take(prefix_bytes);
    if (auto there = gather(length, false); !there)
      return there.error();
    auto record = payload::take(std::string{block_.view().substr(0, length)});
    block_.take(length);
    return std::optional{std::move(record)};
  }

private:
  /// @returns false when the input ends here, and may
  caf::expected<bool> gather(std::size_t bytes, bool may_end) {
    while (block_.view().size() < bytes) {
      auto more = block_.read_more();
      if (!more)
        return more.error();
      if (!*more && may_end && block_.view().empty())
        return false;
      if (!*more)
        return make_error(errc::io_error, "input: it ends inside of a record");
    }
    return true;
  }

  input_block block_;
};

class generated_input final : public record_input {
public:
  generated_input(std::uint64_t size, std::uint64_t count) : size_(size), count_(count) {}

  caf::expected<std::optional<payload>> next() override {
    if (made_ == count_)
      return std::optional<payload>{};
    return std::optional{generated_record(++made_, size_)};
  }

private:
  std::uint64_t size_;
  std::uint64_t count_;
  std::uint64_t made_ = 0;
};

} // namespace

std::unique_ptr<record_input> read_lines(int descriptor) {
  return std::make_unique<delimited_input>(descriptor, "\n", 0);
}

std::unique_ptr<record_input> read_stanzas(int descriptor) {
  return std::make_unique<delimited_input>(descriptor, "\n\n", 1);
}

std::unique_ptr<record_input> read_length_prefixed(int descriptor) {
  return std::make_unique<length_prefixed_input>(descriptor);
}

std::unique_ptr<record_input> generate_records(std::uint64_t size, std::uint64_t count) {
  return std::make_unique<generated_input>(size, count);
}

payload generated_record(std::uint64_t number, std::uint64_t size) {
  std::array<char, 32> prefix{};
  auto length = std::snprintf(prefix.data(), prefix.size(),
                              "%010llu:", static_cast<unsigned long long>(number));
  std::string text(size, '\0');
  auto copied = std::min<std::size_t>(static_cast<std::size_t>(length), size);
  std::memcpy(text.data(), prefix.data(), copied);
  auto state = number * 0x9E3779B97F4A7C15u + 1;
  for (auto i = copied; i < size; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    text[i] = static_cast<char>('a' + (state >> 59) % 26);
  }
  return payload::take(std::move(text));
}

} // namespace sluice::tools
