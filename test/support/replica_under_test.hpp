#pragma once

#include "actors/replica_receiver.hpp"
#include "actors/wal_buffer.hpp"
#include "test/support/local_node.hpp"
#include "test/support/machine.hpp"

#include <sluice/applier.hpp>

#include <memory>
#include <string>
#include <vector>

namespace sluice::test {

/// Makes batches as a primary would, on a disk of its own: the history to be streamed.
class batch_source {
public:
  batch_source();

  /// The next batch, with these records.
  frame_batch make(std::vector<std::string> records, sluice::term written_in = term{1});
  const frame_batch& last() const { return last_; }
  /// From here on its history is another, of the same length.
  void rewrite_tail();
  /// From here on it goes on behind `through`.
  void rewind(lsn through);

private:
  void reopen();

  machine host_;
  std::unique_ptr<persistence::spool> spool_;
  frame_batch last_;
};

enum class with_applier { no, yes };

/// The receiver of a replica with its buffer and its applier, and a link and a session that
/// only record what they are told.
class replica_under_test {
public:
  explicit replica_under_test(with_applier applies = with_applier::no,
                              actors::buffer_limits buffer = {});
  ~replica_under_test();

  local_node& node() { return node_; }
  memory_vfs& disk() { return host_.disk; }
  batch_source& source() { return source_; }

  /// As a primary in this term accepts what the receiver holds.
  messages::welcome welcome_of(sluice::term current);
  void attach(messages::welcome accepted);
  void attach(sluice::term current = term{1}) { attach(welcome_of(current)); }

  messages::stream_header header() const;
  /// Sends one batch; `send` lets nobody run.
  void send(const frame_batch& batch);
  void stream(const frame_batch& batch);
  void tell(messages::stream_batches what);
  void tell(const messages::heartbeat& what);
  void commit_through(lsn commit);

  messages::join_position position();
  /// Tells it to begin its log anew.
  messages::log_restarted restart_log(const messages::rebootstrap& told);
  /// Tells it to cut its log.
  messages::log_restarted rewind_log(const messages::rewind& told);
  /// What its buffer hands out behind `after`.
  std::vector<record> read(lsn after);
  messages::log_positions log();
  const messages::replica_receiver_actor& receiver() const { return receiver_; }
  const messages::wal_buffer_actor& buffer() const { return buffer_; }
  /// Ends its life as a crash of the process does, then opens the same disk again.
  void restart();

  const std::vector<messages::replica_ack>& acks() const { return heard_->acks; }
  messages::replica_ack last_ack() const;
  const std::vector<messages::stream_broken>& broken() const { return heard_->broken; }
  const std::vector<std::string>& applied() const { return applied_->records; }
  void fail_applier(bool fails) { applied_->fails = fails; }

private:
  struct heard {
    std::vector<messages::replica_ack> acks;
    std::vector<messages::stream_broken> broken;
  };
  struct applied_records {
    std::vector<std::string> records;
    lsn through;
    bool fails = false;
  };
  class recording_applier;

  void start();
  void stop();

  with_applier applies_;
  actors::buffer_limits buffer_limits_;
  machine host_;
  batch_source source_;
  local_node node_;
  std::shared_ptr<heard> heard_ = std::make_shared<heard>();
  std::shared_ptr<applied_records> applied_ = std::make_shared<applied_records>();
  caf::actor peer_;
  messages::welcome accepted_;
  messages::replica_receiver_actor receiver_;
  messages::wal_buffer_actor buffer_;
  std::vector<caf::strong_actor_ptr> others_;
};

} // namespace sluice::test
