#include "test/fuzz/mutate.hpp"

#include <algorithm>
#include <array>

namespace sluice::test {

namespace {

/// Keeps repeated insertions from making every input large.
constexpr std::size_t input_bytes_max = 64 * 1024;

class mutation {
public:
  mutation(std::string& input, const std::vector<std::string>& seeds, std::mt19937_64& random)
      : input_(input), seeds_(seeds), random_(random) {}

  void apply_one() {
    constexpr std::array all = {&mutation::flip_bits,      &mutation::replace_byte,
                                &mutation::cut_off,        &mutation::cut_out,
                                &mutation::insert_bytes,   &mutation::repeat_part,
                                &mutation::make_extreme,   &mutation::move_number,
                                &mutation::blow_up_varint, &mutation::splice};
    (this->*all[below(all.size())])();
    input_.resize(std::min(input_.size(), input_bytes_max));
  }

private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  std::size_t length() { return 1 + below(1 + below(64)); }
  std::size_t position() { return below(input_.size()); }

  void flip_bits() {
    for (auto flips = 1 + below(4); flips > 0 && !input_.empty(); --flips)
      input_[position()] ^= static_cast<char>(1 << below(8));
  }
  void replace_byte() {
    if (!input_.empty())
      input_[position()] = static_cast<char>(random_());
  }
  void cut_off() { input_.resize(below(input_.size() + 1)); }
  void cut_out() { input_.erase(position(), length()); }
  void insert_bytes() {
    input_.insert(below(input_.size() + 1), length(), static_cast<char>(random_()));
  }
  void repeat_part() {
    if (!input_.empty())
      input_.insert(below(input_.size() + 1), input_.substr(position(), length()));
  }

  /// Overwrites 1, 2, 4 or 8 bytes, little-endian.
  void put_number(std::uint64_t x) {
    auto bytes = std::size_t{1} << below(4);
    if (input_.size() < bytes)
      return;
    auto at = below(input_.size() - bytes + 1);
    for (std::size_t i = 0; i < bytes; ++i, x >>= 8)
      input_[at + i] = static_cast<char>(x);
  }
  void make_extreme() {
    auto size = static_cast<std::uint64_t>(input_.size());
    const std::array values = {std::uint64_t{0},
                               std::uint64_t{1},
                               size,
                               size - 1,
                               size + 1,
                               UINT64_MAX,
                               UINT64_MAX - 1,
                               UINT64_MAX >> 1,
                               std::uint64_t{1} << 63,
                               std::uint64_t{0x7FFFFFFF},
                               std::uint64_t{1} << 30,
                               std::uint64_t{96} << 20};
    put_number(values[below(values.size())]);
  }
  void move_number() {
    if (input_.empty())
      return;
    auto step = static_cast<int>(below(17)) - 8;
    auto& byte = input_[position()];
    byte = static_cast<char>(byte + step);
  }
  void blow_up_varint() {
    constexpr std::string_view longest = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01";
    auto varint = std::string{longest.substr(below(longest.size()))};
    auto at = below(input_.size() + 1);
    if (below(2) == 0)
      input_.insert(at, varint);
    else
      input_.replace(at, std::min(varint.size(), input_.size() - at), varint);
  }
  void splice() {
    const auto& other = seeds_[below(seeds_.size())];
    input_ = input_.substr(0, below(input_.size() + 1)) + other.substr(below(other.size() + 1));
  }

  std::string& input_;
  const std::vector<std::string>& seeds_;
  std::mt19937_64& random_;
};

} // namespace

std::string mutated(std::string input, const std::vector<std::string>& seeds,
                    std::mt19937_64& random) {
  mutation one{input, seeds, random};
  for (auto count = 1 + random() % 4; count > 0; --count)
    one.apply_one();
  return input;
}

} // namespace sluice::test
