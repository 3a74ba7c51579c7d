#include "test/fuzz/allocation_meter.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> allocated = 0;

void* counted(std::size_t bytes) {
  allocated.fetch_add(bytes, std::memory_order_relaxed);
  if (auto* memory = std::malloc(bytes == 0 ? 1 : bytes))
    return memory;
  throw std::bad_alloc{};
}

} // namespace

// The other forms of new and delete end in these.
void* operator new(std::size_t bytes) {
  return counted(bytes);
}
void* operator new[](std::size_t bytes) {
  return counted(bytes);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace sluice::test {

std::uint64_t bytes_allocated() {
  return allocated.load(std::memory_order_relaxed);
}

} // namespace sluice::test
