#pragma once

#include "replication/replica.hpp"

#include <sluice/types.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

namespace sluice::replication {

/// Who asks to join, and where it stands.
struct hello_facts {
  /// Empty for a replica that belongs to none yet: it adopts the primary's.
  std::string cluster;
  std::string node;
  /// Empty for none.
  std::string region;
  std::string endpoint;
  session_id session;
  std::uint32_t protocol = 0;
  sluice::term term;
  lsn flushed;
  replica_content content = replica_content::applied_state;
};

/// What the primary is.
struct primary_facts {
  std::string cluster;
  std::string node;
  storage_id storage;
  sluice::term term;
  bool is_primary = true;
  std::uint32_t protocol_oldest = 1;
  std::uint32_t protocol_newest = 1;
  std::size_t replicas = 0;
  std::size_t replicas_max = 0;
};

enum class older_session : std::uint8_t { none, end_it };

/// How the directory relates to what the registry knows under the name.
enum class replica_data : std::uint8_t {
  /// Nothing was known.
  fresh,
  /// It has what it had.
  kept,
  /// Another directory, or a flushed position below what it acked.
  lost,
};

struct hello_accepted {
  older_session older = older_session::none;
  replica_data data = replica_data::fresh;
  friend bool operator==(const hello_accepted&, const hello_accepted&) = default;
};

enum class hello_refusal : std::uint8_t {
  malformed,
  newer_protocol,
  older_protocol,
  wrong_cluster,
  /// It comes from the primary itself, or from a copy of the primary's directory.
  is_primary_itself,
  /// The hello's term is higher: this primary has been deposed.
  fenced,
  not_primary,
  /// Another live node has the name, or another name has the directory.
  duplicate_identity,
  /// From an earlier life or connection of the replica.
  stale_session,
  too_many_replicas,
};

/// `wrong_cluster`
std::string to_string(hello_refusal reason);

/// `text` is for both sides: the primary's log and the replica's status.
struct hello_rejected {
  hello_refusal reason = hello_refusal::malformed;
  std::string text;
  friend bool operator==(const hello_rejected&, const hello_rejected&) = default;
};

using hello_verdict = std::variant<hello_accepted, hello_rejected>;

/// Whether a node may join as a replica. `known` is what is registered under its name or
/// null; `same_storage` is a replica of another name with the hello's storage id or null.
hello_verdict judge_hello(const hello_facts& hello, const primary_facts& primary,
                          const registered_replica* known,
                          const registered_replica* same_storage = nullptr);

} // namespace sluice::replication
