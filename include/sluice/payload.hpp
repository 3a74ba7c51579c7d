#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sluice {

/// Immutable bytes, shared by reference count. Copying a payload copies a pointer; a
/// slice keeps the whole block alive. Safe to hand to any thread or actor.
class payload {
public:
  payload() = default;

  /// Copies `bytes` once.
  explicit payload(std::string_view bytes);

  /// Takes over `bytes` without a copy.
  static payload take(std::string&& bytes);

  /// Bytes that somebody else owns: `owner` keeps them alive and unchanged.
  static payload share(std::shared_ptr<const void> owner, const char* data, std::size_t size);

  const char* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(data_, size_)); }

  /// A part of it that shares the same block. @pre `offset + size <= this->size()`
  payload slice(std::size_t offset, std::size_t size) const;

  friend bool operator==(const payload& a, const payload& b) { return a.view() == b.view(); }

private:
  std::shared_ptr<const void> owner_;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace sluice
