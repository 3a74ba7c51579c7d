#pragma once

#include "persistence/snapshot_manifest.hpp"
#include "test/actors/slot_fixture.hpp"

namespace sluice::test {

/// A state that is its text.
class text_state final : public applier, public snapshot_source {
public:
  lsn applied() override { return through; }
  caf::error apply(std::span<const record> records) override {
    if (is_stuck)
      return make_error(errc::io_error, "told to be stuck");
    through = records.back().lsn;
    return {};
  }
  caf::expected<std::unique_ptr<snapshot_stream>> begin() override;

  lsn through;
  std::string text = "twelve bytes";
  bool is_stuck = false;
  /// What the snapshot says it is of; none: `through`.
  std::optional<lsn> says_at;
  caf::error begin_fails;
  /// The call of `next` that fails, from 1.
  std::uint64_t next_fails_at = 0;
  std::uint64_t begun = 0;
  std::uint64_t open_streams = 0;
};

class text_stream final : public snapshot_stream {
public:
  text_stream(text_state& state, lsn at) : state_(state), at_(at), text_(state.text) {
    ++state_.open_streams;
  }
  ~text_stream() override { --state_.open_streams; }
  lsn at() const override { return at_; }
  std::uint64_t bytes() const override { return text_.size(); }
  caf::expected<std::string> next(std::size_t bytes_max) override {
    if (++calls_ == state_.next_fails_at)
      return make_error(errc::io_error, "told to fail");
    // Sources may give less than they are asked for.
    auto part = text_.substr(read_, std::min<std::size_t>(bytes_max, 3));
    read_ += part.size();
    return part;
  }

private:
  text_state& state_;
  lsn at_;
  std::string text_;
  std::size_t read_ = 0;
  std::uint64_t calls_ = 0;
};

inline caf::expected<std::unique_ptr<snapshot_stream>> text_state::begin() {
  ++begun;
  if (begin_fails)
    return begin_fails;
  return std::unique_ptr<snapshot_stream>{new text_stream{*this, says_at.value_or(through)}};
}

inline primary_choices giving(const std::shared_ptr<text_state>& state,
                              actors::snapshot_settings settings) {
  auto choices = small_log();
  choices.applier = state;
  choices.snapshots = state;
  choices.snapshot = settings;
  choices.snapshot.chunk_bytes = 5;
  return choices;
}

struct giving_primary {
  explicit giving_primary(actors::snapshot_settings settings = {})
      : primary(giving(state, settings)) {
    primary.fill(8);
  }

  std::vector<std::string> outgoing_files() {
    std::vector<std::string> names;
    for (const auto& path : primary.disk().files())
      if (path.parent_path() == data_directory / "snapshot" / "outgoing")
        names.push_back(path.filename().string());
    return names;
  }

  std::optional<snapshot_progress> progress_of(const std::string& node) {
    for (const auto& x : primary.status().replicas)
      if (x.id == node)
        return x.snapshot;
    return std::nullopt;
  }

  std::shared_ptr<text_state> state = std::make_shared<text_state>();
  primary_under_test primary;
};

/// A replica that gets a snapshot and does as the test says.
struct asking_replica {
  asking_replica(giving_primary& from, std::string name, std::uint64_t attempt = 1)
      : primary(from.primary), peer(from.primary.node()), node(std::move(name)), number(attempt) {}

  asking_replica& ask(lsn at_least = lsn{1}) {
    peer.tell(primary.actors().gate, request(at_least));
    return *this;
  }

  messages::snapshot_request request(lsn at_least) const {
    return {true, 1, cluster_name, node, number, term{1}, at_least};
  }

  void stage(std::uint64_t chunks, bool is_over = false) {
    ASSERT_NE(peer.heard().origin, nullptr);
    peer.tell(caf::actor_cast<messages::snapshot_origin_actor>(peer.heard().origin),
              messages::snapshot_staged{true, number, chunks, is_over});
  }

  persistence::snapshot_manifest offered() const {
    EXPECT_FALSE(peer.heard().offers.empty());
    if (peer.heard().offers.empty())
      return {};
    auto manifest = persistence::decode_snapshot_manifest(peer.heard().offers.back().manifest);
    EXPECT_TRUE(manifest);
    return manifest ? *manifest : persistence::snapshot_manifest{};
  }

  /// Confirms each chunk as it comes.
  void take_all() {
    stage(0);
    for (std::size_t confirmed = 0; confirmed < peer.heard().chunks.size();) {
      confirmed = peer.heard().chunks.size();
      stage(confirmed);
    }
  }

  std::string text() const {
    std::string all;
    for (const auto& x : peer.heard().chunks)
      all += x.bytes.view();
    return all;
  }

  std::vector<errc> refusals() const {
    std::vector<errc> codes;
    for (const auto& x : peer.heard().snapshot_refusals)
      codes.push_back(x.code);
    return codes;
  }

  primary_under_test& primary;
  scripted_peer peer;
  std::string node;
  std::uint64_t number;
};

} // namespace sluice::test
