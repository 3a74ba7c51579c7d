#include "tools/ordinal_set.hpp"

#include <iterator>

namespace sluice::tools {

void ordinal_set::add(std::uint64_t first, std::uint64_t count) {
  if (count == 0)
    return;
  size_ += count;
  auto last = first + count - 1;
  auto behind = runs_.find(last + 1);
  if (behind != runs_.end()) {
    last = behind->second;
    runs_.erase(behind);
  }
  auto before = runs_.lower_bound(first);
  if (before != runs_.begin() && std::prev(before)->second + 1 == first)
    std::prev(before)->second = last;
  else
    runs_.emplace(first, last);
}

std::string ordinal_set::text() const {
  constexpr int ranges_max = 20;
  std::string text;
  int told = 0;
  for (const auto& [first, last] : runs_) {
    if (told++ == ranges_max)
      return text + " and more";
    text += (text.empty() ? "" : ", ") + std::to_string(first);
    if (last > first)
      text += "-" + std::to_string(last);
  }
  return text;
}

} // namespace sluice::tools
