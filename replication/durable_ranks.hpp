#pragma once

#include <sluice/types.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>

namespace sluice::replication {

/// Durable positions of voters in order, so that the n-th highest is found in logarithmic
/// time. Names are borrowed: their owner keeps them in place while they stand here.
class durable_ranks {
public:
  void insert(lsn durable, const std::string& name) { tree_.insert({durable, &name}); }
  void erase(lsn durable, const std::string& name) { tree_.erase({durable, &name}); }

  std::size_t size() const { return tree_.size(); }

  /// The `n`-th highest position, from 1; 0 when there are fewer.
  lsn nth_highest(std::size_t n) const {
    return n == 0 || n > tree_.size() ? no_lsn : tree_.find_by_order(tree_.size() - n)->durable;
  }

  /// The rank of one that stands here; the highest position has rank 1.
  std::size_t rank_of(lsn durable, const std::string& name) const {
    return tree_.size() - tree_.order_of_key({durable, &name});
  }

  /// How many stand at `through` or above.
  std::size_t count_from(lsn through) const {
    return tree_.size() - tree_.order_of_key({through, nullptr});
  }

  /// Who stands below `through`, furthest behind first, `limit` names at most.
  std::vector<std::string> names_below(lsn through, std::size_t limit) const {
    std::vector<std::string> names;
    for (auto i = tree_.begin(); i != tree_.end() && names.size() < limit && (*i).durable < through;
         ++i)
      names.push_back(*(*i).name);
    return names;
  }

private:
  struct entry {
    lsn durable;
    const std::string* name;
  };

  /// No name sorts before every name.
  struct entry_order {
    bool operator()(const entry& a, const entry& b) const {
      if (a.durable != b.durable)
        return a.durable < b.durable;
      if (a.name == nullptr || b.name == nullptr)
        return a.name == nullptr && b.name != nullptr;
      return *a.name < *b.name;
    }
  };

  __gnu_pbds::tree<entry, __gnu_pbds::null_type, entry_order, __gnu_pbds::rb_tree_tag,
                   __gnu_pbds::tree_order_statistics_node_update>
      tree_;
};

} // namespace sluice::replication
