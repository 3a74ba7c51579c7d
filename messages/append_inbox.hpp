#pragma once

#include "messages/pending_append.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace sluice::messages {

/// What an append costs while it waits and in its batch; a record without bytes costs too.
std::uint64_t cost_of(const append& what);

/// What lies between threads that are no actors and the writer of their node: the edge of the
/// library, where there is a lock. Thread safe, bounded. The writer is woken once for all that
/// was put until it takes them: a message for each append costs more than writing it.
class append_inbox {
public:
  append_inbox(std::uint64_t bytes_max, std::size_t appends_max)
      : bytes_max_(bytes_max), appends_max_(appends_max) {}

  enum class verdict {
    /// It goes with what was put before.
    queued,
    /// It is the first: whoever takes must be told.
    queued_first,
    full,
    closed,
  };

  /// Hands `item` over; leaves it to the caller when `full` or `closed`. One append fits always.
  [[nodiscard]] verdict put(append_ptr& item);

  /// Everything that was put, oldest first, into `into`, which is emptied first.
  void take(std::vector<append_ptr>& into);

  /// Takes back what was put and has been answered, for `spare`: memory that one thread
  /// allocates and another frees costs both of them a lock. Empties `spent`.
  void give_back(std::vector<append_ptr>& spent);

  static constexpr std::size_t spares_max = 1024;

  /// One that was given back; null when there is none.
  append_ptr spare();

  /// From now on nothing is put.
  void close();

private:
  std::uint64_t bytes_max_;
  std::size_t appends_max_;
  std::mutex mutex_;
  std::vector<append_ptr> items_;
  std::vector<append_ptr> spares_;
  std::uint64_t bytes_ = 0;
  bool is_closed_ = false;
};

} // namespace sluice::messages
