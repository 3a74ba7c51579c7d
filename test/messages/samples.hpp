#pragma once

#include "messages/wire.hpp"
#include "messages/wire_snapshot.hpp"

#include <string>
#include <vector>

/// One of each wire message, every field set to something that is not its default.
namespace sluice::test {

inline messages::node_identity a_node_identity() {
  return {"node-1", storage_id{0xFFFF'FFFF'FFFF'FFFFull}, incarnation{7}, connect_sequence{9}};
}

inline messages::hello a_hello() {
  messages::hello x;
  x.protocol = 3;
  x.cluster = "cluster-1";
  x.identity = a_node_identity();
  x.term = term{5};
  x.timeline = timeline_id{2};
  x.last_term = term{4};
  x.flushed = lsn{1ull << 60};
  x.history = {{lsn{10}, digest{11}}, {lsn{20}, digest{UINT64_MAX}}};
  x.region = "eu";
  x.endpoint = "10.0.0.1:4150";
  x.is_log_only = true;
  x.can_install = true;
  x.wants_snapshot = true;
  return x;
}

inline messages::welcome a_welcome() {
  messages::welcome x;
  x.protocol = 3;
  x.cluster = "cluster-1";
  x.primary = "p";
  x.term = term{5};
  x.timeline = timeline_id{2};
  x.sequence = connect_sequence{9};
  x.resume_after = lsn{42};
  x.resume_digest = digest{43};
  x.members = {"a", "b", "c"};
  x.members_version = 8;
  x.durable = lsn{44};
  x.commit = lsn{45};
  x.timelines = {{timeline_id{1}, {}, {}, {}, term{1}, "a"},
                 {timeline_id{2}, timeline_id{1}, lsn{40}, digest{41}, term{5}, "p"}};
  x.policy = "quorum";
  return x;
}

inline messages::cluster_facts some_cluster_facts() {
  auto told = a_welcome();
  return {told.members, told.members_version, told.timelines, told.policy};
}

inline messages::rejected a_rejected() {
  return {true, errc::diverged, "histories differ", connect_sequence{3}, term{4}, "h:1"};
}

inline messages::rebootstrap a_rebootstrap() {
  messages::rebootstrap x;
  x.last_term = term{4};
  x.cluster = "cluster-1";
  x.term = term{5};
  x.timeline = timeline_id{2};
  x.sequence = connect_sequence{9};
  x.start = lsn{1ull << 60};
  x.before = digest{UINT64_MAX};
  x.cause = "horizon";
  x.facts = some_cluster_facts();
  x.producers = std::string("\0\xff table", 8);
  return x;
}

inline messages::snapshot_needed a_snapshot_needed() {
  return {true,      "cluster-1",         term{5}, timeline_id{2}, connect_sequence{9}, lsn{42},
          "horizon", some_cluster_facts()};
}

inline messages::snapshot_request a_snapshot_request() {
  return {true, 3, "cluster-1", "r1", 7, term{5}, lsn{42}};
}

inline messages::snapshot_refused a_snapshot_refused() {
  return {true, 7, errc::no_space, "no room"};
}

inline messages::snapshot_building a_snapshot_building() {
  return {true, 7, 1000, 2000};
}

inline messages::snapshot_offer a_snapshot_offer() {
  return {true, 7, "cluster-1", term{5}, std::string("SLSM\0\xFF", 6)};
}

inline messages::snapshot_chunk a_snapshot_chunk() {
  return {true, 7, 3, payload{"chunk"}};
}

inline messages::snapshot_staged a_snapshot_staged() {
  return {true, 7, 3, true};
}

inline messages::rewind a_rewind() {
  return {true,
          "cluster-1",
          term{5},
          connect_sequence{9},
          lsn{1ull << 60},
          digest{UINT64_MAX},
          lsn{(1ull << 60) + 9}};
}

inline messages::replica_ack a_replica_ack() {
  messages::replica_ack x;
  x.identity = a_node_identity();
  x.term = term{5};
  x.timeline = timeline_id{2};
  x.received = lsn{30};
  x.flushed = lsn{20};
  x.applied = lsn{10};
  x.apply_errors = 1;
  x.divergences = 2;
  return x;
}

inline messages::stream_header a_stream_header() {
  return {term{5}, timeline_id{2}, connect_sequence{9}, lsn{30}, lsn{20}, timestamp_ms{1000},
          lsn{7}};
}

inline messages::client_hello a_client_hello() {
  return {true, 3, "client-1"};
}

inline messages::client_welcome a_client_welcome() {
  return {true, 3, "p", "cluster-1", term{5}, 1, 2, 3, 4};
}

inline messages::append_many an_append_many() {
  messages::append_many x;
  append plain;
  plain.records = {payload{"a"}, payload{""}, payload{std::string("\0b", 2)}};
  append full;
  full.records = {payload{"c"}};
  full.options.policy = policy_regions{{"eu", "us"}};
  full.options.timeout = std::chrono::milliseconds{1234};
  full.options.expected_lsn = lsn{77};
  full.options.producer = producer_stamp{"producer", producer_sequence{5}};
  x.items = {{1, plain}, {UINT64_MAX, full}};
  return x;
}

inline messages::committed_many a_committed_many() {
  messages::committed_many x;
  lsn_range at{lsn{3}, lsn{5}};
  x.items = {{1, committed{at, term{2}, timeline_id{4}}},
             {2, commit_timeout{at, 1, 3, {"r1", "eu"}}},
             {3, outcome_unknown{at, "closing"}},
             {4, append_failed{errc::lsn_mismatch, "no", lsn{9}}}};
  return x;
}

inline messages::read_request a_read_request() {
  return {true, lsn{1}, lsn{2}, 3, 4, 5, {timeline_id{6}, term{7}, lsn{8}}, 9};
}

inline messages::read_reply a_read_reply() {
  messages::read_reply x;
  x.records = {{lsn{1}, term{2}, timeline_id{3}, timestamp_ms{4}, payload{"one"}},
               {lsn{2}, term{2}, timeline_id{3}, timestamp_ms{5}, payload{""}}};
  x.oldest = lsn{1};
  x.durable = lsn{2};
  x.code = errc::pruned;
  x.reason = "why";
  x.applied = {timeline_id{3}, term{4}, lsn{5}};
  return x;
}

inline messages::control_request a_control_request() {
  return {true,
          messages::control_command::create_limited_slot,
          "r1",
          {1, {}, std::chrono::milliseconds{3}}};
}

inline messages::control_reply a_control_reply() {
  return {true, errc::not_found, "there is no slot 'r1'"};
}

inline messages::grant_request a_grant_request() {
  return {true, "c", "r1", "10.0.0.2:4150", term{7}, term{6}, lsn{1234}, true};
}

inline messages::grant_reply a_grant_reply() {
  return {true, errc::behind_watermark, "it holds LSN 1300", "r2", term{6}, term{6}, lsn{1300}};
}

inline messages::status_reply a_status_reply() {
  messages::status_reply x;
  auto& status = x.status;
  status.role = "primary";
  status.name = "p";
  status.cluster = "cluster-1";
  status.region = "eu";
  status.term = term{5};
  status.timeline = timeline_id{2};
  status.state = "serving";
  status.failure = "none";
  status.oldest = lsn{1};
  status.written = lsn{4};
  status.durable = lsn{3};
  status.log_start = lsn{2};
  status.commit_watermark = lsn{2};
  status.applied = lsn{2};
  status.topology_epoch = {term{5}, incarnation{2}, 9};
  status.replicas.push_back({"r1",
                             "us",
                             true,
                             "streaming",
                             lsn{4},
                             lsn{3},
                             lsn{2},
                             lsn{1},
                             1,
                             2,
                             0.5,
                             3,
                             true,
                             true,
                             4,
                             5,
                             6,
                             7,
                             "stream from 5",
                             snapshot_progress{"sending", lsn{6}, 7, 8, 9}});
  status.snapshot = snapshot_progress{"building", lsn{0}, 5, 0, {}};
  status.snapshot_trouble = "no room";
  status.slots.push_back({"r1",
                          lsn{4},
                          lsn{3},
                          lsn{2},
                          true,
                          "",
                          timestamp_ms{0},
                          timestamp_ms{9},
                          10,
                          11,
                          12.5,
                          {13, 14, std::chrono::milliseconds{15}},
                          {13, {}, {}}});
  status.slots.push_back({"r2",
                          lsn{1},
                          lsn{1},
                          lsn{1},
                          false,
                          "horizon",
                          timestamp_ms{8},
                          timestamp_ms{7},
                          6,
                          {},
                          {},
                          {},
                          {}});
  status.prune_trouble = "both copies are damaged";
  status.commits = {1, 2, 3, 4, 5, 6};
  status.policy = "quorum";
  status.members = {"p", "r1"};
  status.primary = "p:1";
  status.clients = 3;
  status.retained_bytes = 4;
  status.flow = {
      "slowing", 1, 0.5, "r1",
      2,         3, 4,   {5, 6, std::chrono::milliseconds{7}, std::chrono::milliseconds{8}}};
  return x;
}

inline messages::topology_reply a_topology_reply() {
  topology_replica r1{"r1", "eu", "10.0.0.2:4150", true, true, true, lsn{41}, lsn{40}, 2u, 300u,
                      0.25, 0.5};
  topology_replica r2;
  r2.id = "r2";
  messages::topology_reply x;
  x.code = errc::not_primary;
  x.reason = "told last";
  x.topology = {"cluster-1",    {term{5}, incarnation{6}, 7}, 8,
                timeline_id{2}, {"p", "10.0.0.1:4150", "us"}, lsn{43},
                {r1, r2}};
  return x;
}

} // namespace sluice::test
