#include <sluice/payload.hpp>

#include <stdexcept>

namespace sluice {

payload::payload(std::string_view bytes) {
  *this = take(std::string{bytes});
}

payload payload::take(std::string&& bytes) {
  auto block = std::make_shared<const std::string>(std::move(bytes));
  payload result;
  result.data_ = block->data();
  result.size_ = block->size();
  result.owner_ = std::move(block);
  return result;
}

payload payload::share(std::shared_ptr<const void> owner, const char* data, std::size_t size) {
  payload result;
  result.owner_ = std::move(owner);
  result.data_ = data;
  result.size_ = size;
  return result;
}

payload payload::slice(std::size_t offset, std::size_t size) const {
  if (offset > size_ || size > size_ - offset)
    throw std::out_of_range("payload::slice: outside of the payload");
  return share(owner_, data_ + offset, size);
}

} // namespace sluice
