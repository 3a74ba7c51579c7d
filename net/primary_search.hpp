#pragma once

#include <sluice/node_config.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace sluice::net {

/// Where a replica looks for its primary next. Every address that it knows has its turn; a
/// candidate that was granted a term is tried at every other turn until its tries are used up,
/// for it needs a moment to open as the primary, and what others tell meanwhile may be old.
class primary_search {
public:
  explicit primary_search(std::vector<node_endpoint> known) : known_(std::move(known)) {}

  /// Addresses beyond it are not taken.
  static constexpr std::size_t known_max = 1000;
  static constexpr std::size_t hint_tries_max = 40;

  void add(const node_endpoint& where);

  /// The node's own address: a primary that was deposed is told it, and remembers it, as that of
  /// its primary.
  void leave_out(const node_endpoint& own);

  /// A node was granted a term.
  void expect(const node_endpoint& candidate);

  /// A node said where its primary is; not believed before a granted candidate had its tries.
  void follow(const node_endpoint& told);

  /// The next address; none when there is not one.
  std::optional<node_endpoint> next();

private:
  struct hint {
    node_endpoint where;
    std::size_t tries_left = 0;
    /// Its turn is next.
    bool is_due = true;
  };

  std::vector<node_endpoint> known_;
  std::optional<node_endpoint> own_;
  std::size_t turn_ = 0;
  std::optional<hint> hint_;
};

} // namespace sluice::net
