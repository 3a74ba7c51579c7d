#include "bench/support/raw_transfer.hpp"

#include "bench/support/stopwatch.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>

namespace sluice::bench {

namespace {

constexpr std::uint64_t mebibyte = 1024ull * 1024;

int checked(int result, const char* what) {
  if (result < 0)
    throw std::runtime_error(what);
  return result;
}

/// Takes bytes from a socket into a new file, as a replica would at best: an fdatasync every
/// 16 MiB.
void receive_into(const std::filesystem::path& path, int socket, std::uint64_t bytes) {
  auto out = checked(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), "open");
  checked(::posix_fallocate(out, 0, static_cast<off_t>(bytes)) == 0 ? 0 : -1, "fallocate");
  std::string block(mebibyte, '\0');
  std::uint64_t written = 0;
  std::uint64_t synced = 0;
  while (written < bytes) {
    auto got = ::recv(socket, block.data(), block.size(), 0);
    if (got <= 0 || ::write(out, block.data(), static_cast<std::size_t>(got)) != got)
      throw std::runtime_error("the raw transfer broke");
    written += static_cast<std::uint64_t>(got);
    if (written - synced >= 16 * mebibyte || written == bytes) {
      checked(::fdatasync(out), "fdatasync");
      synced = written;
    }
  }
  ::close(out);
}

} // namespace

double raw_transfer_rate(const std::filesystem::path& from, const std::filesystem::path& to) {
  auto bytes = std::filesystem::file_size(from);
  auto door = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::bind(door, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  checked(::listen(door, 1), "listen");
  socklen_t length = sizeof address;
  checked(::getsockname(door, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  auto began = now();
  std::thread sender{[&] {
    auto out = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    checked(::connect(out, reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
    auto in = checked(::open(from.c_str(), O_RDONLY | O_CLOEXEC), "open");
    std::string block(mebibyte, '\0');
    for (auto got = ::read(in, block.data(), block.size()); got > 0;
         got = ::read(in, block.data(), block.size()))
      checked(::send(out, block.data(), static_cast<std::size_t>(got), 0) == got ? 0 : -1, "send");
    ::close(in);
    ::close(out);
  }};
  auto in = checked(::accept(door, nullptr, nullptr), "accept");
  receive_into(to, in, bytes);
  auto seconds = seconds_since(began);
  sender.join();
  ::close(in);
  ::close(door);
  std::filesystem::remove(to);
  return static_cast<double>(bytes) / 1e6 / seconds;
}

} // namespace sluice::bench
