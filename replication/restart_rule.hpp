#pragma once

#include "replication/resume_rule.hpp"

#include <sluice/errc.hpp>
#include <sluice/types.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::replication {

/// What a replica is, and what its primary told it: to begin its log anew at `start`.
struct restart_facts {
  /// Empty for a replica that belongs to none yet.
  std::string own_cluster;
  std::string cluster;
  sluice::term own_term;
  sluice::term term;
  lsn flushed;
  lsn start;
  replica_content content = replica_content::applied_state;
};

struct restart_refused {
  errc code = errc::ok;
  std::string text;
};

/// Why a replica does not give up its log, whatever it was told; none when it does. The last
/// word is its own: never while it holds, or could be given, what the new log would begin with.
std::optional<restart_refused> refuse_restart(const restart_facts& facts);

/// What a replica is, and what its primary told it: to cut its log behind `through`.
struct rewind_facts {
  /// Empty for a replica that belongs to none yet.
  std::string own_cluster;
  std::string cluster;
  sluice::term own_term;
  sluice::term term;
  lsn flushed;
  lsn through;
  replica_content content = replica_content::applied_state;
  /// What state was built from; of no meaning for a log alone.
  lsn applied;
  /// A state that was built from more can be replaced.
  bool can_install = false;
};

/// Why a replica does not cut its log, whatever it was told; none when it does, if its own history
/// there is the primary's. What was applied is only cut off when the state can be replaced by a
/// snapshot.
std::optional<restart_refused> refuse_rewind(const rewind_facts& facts);

/// What a replica is, and the snapshot that it has got.
struct install_facts {
  /// Empty for a replica that belongs to none yet.
  std::string own_cluster;
  std::string cluster;
  sluice::term own_term;
  sluice::term term;
  lsn flushed;
  /// What the snapshot is a state of.
  lsn at;
  /// The replica's own log holds what follows `at`, and is the same history there.
  bool log_goes_on = false;
};

/// Why a replica does not give up its state for a snapshot, and its log where that does not go on
/// behind it; none when it does. Never its log for a snapshot that holds less: what was
/// acknowledged would be gone.
std::optional<restart_refused> refuse_install(const install_facts& facts);

/// What is known of a snapshot that took the place of a state when the node died.
struct install_traces {
  /// It is noted that the state was replaced; before that nothing of the log is touched.
  bool is_installed = false;
  /// What the snapshot is a state of.
  lsn at;
  /// What the state was before.
  lsn replaced;
  /// What the state is now.
  lsn applied;
};

enum class install_verdict : std::uint8_t {
  /// The state is the snapshot's: the log begins behind it.
  installed,
  /// The state is the old one, and the log as it was.
  not_installed,
  /// It may be the one or the other; the log is as it was. Only another snapshot helps.
  unknown,
};

install_verdict judge_install(const install_traces& traces);

} // namespace sluice::replication
