#include "net/primary_search.hpp"

#include <algorithm>

namespace sluice::net {

void primary_search::add(const node_endpoint& where) {
  if (where == own_)
    return;
  if (std::find(known_.begin(), known_.end(), where) == known_.end() && known_.size() < known_max)
    known_.push_back(where);
}

void primary_search::leave_out(const node_endpoint& own) {
  own_ = own;
  std::erase(known_, own);
  if (hint_ && hint_->where == own)
    hint_.reset();
}

void primary_search::expect(const node_endpoint& candidate) {
  if (candidate != own_)
    hint_ = hint{candidate, hint_tries_max};
}

void primary_search::follow(const node_endpoint& told) {
  add(told);
  if (!hint_ && told != own_)
    hint_ = hint{told, 1};
}

std::optional<node_endpoint> primary_search::next() {
  if (hint_ && (hint_->is_due || known_.empty())) {
    hint_->is_due = false;
    auto where = hint_->where;
    if (--hint_->tries_left == 0)
      hint_.reset();
    return where;
  }
  if (hint_)
    hint_->is_due = true;
  if (known_.empty())
    return std::nullopt;
  return known_[turn_++ % known_.size()];
}

} // namespace sluice::net
