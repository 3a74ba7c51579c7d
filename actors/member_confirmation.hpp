#pragma once

#include "actors/context.hpp"
#include "messages/wire.hpp"
#include "replication/ancestry.hpp"
#include "replication/confirm_rule.hpp"
#include "replication/members.hpp"
#include "replication/resume_rule.hpp"
#include "replication/timeline_entry.hpp"

#include <map>
#include <string>
#include <vector>

namespace sluice::actors {

struct confirmation_setup {
  node_context context;
  std::string cluster;
  replication::members declared;
  sluice::term term;
  /// Where the log ended when it was opened; what members are held against.
  replication::history_end opened_at;
  /// The primary's, oldest first.
  std::vector<replication::timeline_entry> timelines = {};
};

/// Whether a majority of the members has confirmed a primary's term (decision 8), inside its gate.
/// Logs what stands against it, once for each reason.
class member_confirmation {
public:
  void init(confirmation_setup setup);

  /// A member's hello says what it holds; it takes the place of an earlier one. @returns true when
  /// this one made the majority
  bool note(const messages::hello& from, const replication::history_match& match);

  /// A member that was admitted streams, and holds everything through `flushed` as this primary
  /// does. Once that is all that the primary was promoted with, it takes the place of its hello:
  /// that the primary lacks nothing is what it was granted the term for.
  /// @returns true when this one made the majority
  bool note_follower(const std::string& member, lsn flushed);

  /// @returns true when the majority is there by now and was not before
  bool judge();

  bool is_confirmed() const { return is_confirmed_; }
  /// Why it is not confirmed; empty when it is.
  const std::string& trouble() const { return trouble_; }

private:
  void take(const replication::confirmed&);
  void take(const replication::confirmation_waiting& x);
  void take(const replication::confirmation_fenced& x);
  void take(const replication::confirmation_behind& x);
  void note_trouble(std::string text);

  confirmation_setup setup_;
  std::vector<replication::timeline_fork> forks_;
  bool is_confirmed_ = false;
  std::string trouble_;
  std::map<std::string, replication::member_report> reports_;
};

} // namespace sluice::actors
