#include "persistence/direct_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

namespace sluice::persistence {

/// By its descriptor, not by its path: that may be another file by now.
direct_writer::direct_writer(int descriptor)
    : descriptor_(::open(("/proc/self/fd/" + std::to_string(descriptor)).c_str(),
                         O_WRONLY | O_DIRECT | O_CLOEXEC))
    , piece_(static_cast<char*>(std::aligned_alloc(direct_alignment, direct_piece_bytes))) {}

direct_writer::~direct_writer() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

void direct_writer::freed::operator()(char* memory) const {
  std::free(memory);
}

std::size_t direct_writer::writable(std::uint64_t offset, std::string_view bytes) {
  if (offset % direct_alignment != 0)
    return 0;
  return std::min(bytes.size(), direct_piece_bytes) / direct_alignment * direct_alignment;
}

ssize_t direct_writer::write(std::uint64_t offset, std::string_view bytes) {
  std::memcpy(piece_.get(), bytes.data(), bytes.size());
  return ::pwrite(descriptor_, piece_.get(), bytes.size(), static_cast<off_t>(offset));
}

} // namespace sluice::persistence
