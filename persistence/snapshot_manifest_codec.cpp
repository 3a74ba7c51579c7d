#include "persistence/snapshot_manifest.hpp"

#include "persistence/checksum.hpp"
#include "persistence/sealed_message.hpp"

#include <sluice/errc.hpp>

#include "snapshot_manifest.pb.h"

namespace sluice::persistence {

namespace {

constexpr sealed_format format{snapshot_manifest_magic, snapshot_manifest_version,
                               "snapshot manifest"};

} // namespace

std::uint64_t snapshot_manifest::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& x : chunks)
    sum += x.bytes;
  return sum;
}

snapshot_chunk chunk_of(std::string_view bytes) {
  return {bytes.size(), xxh3(bytes)};
}

const char* fault_of(const snapshot_manifest& x) {
  if (x.chunks.size() > snapshot_chunks_max)
    return "a snapshot of too many chunks";
  for (const auto& chunk : x.chunks)
    if (chunk.bytes == 0 || chunk.bytes > snapshot_chunk_bytes_max)
      return "a snapshot's chunk of no valid size";
  return nullptr;
}

std::string encode(const snapshot_manifest& x) {
  stored::SnapshotManifest twin;
  twin.set_at_lsn(x.at.value);
  twin.set_timeline(x.timeline.value);
  twin.set_term(x.term.value);
  twin.set_history_digest(x.history.value);
  twin.set_last_term(x.last_term.value);
  twin.set_producers(x.producers);
  for (const auto& chunk : x.chunks) {
    twin.add_chunk_bytes(chunk.bytes);
    twin.add_chunk_digests(chunk.content.value);
  }
  return seal(format, 0, twin);
}

caf::expected<snapshot_manifest> decode_snapshot_manifest(std::string_view bytes) {
  stored::SnapshotManifest twin;
  if (auto generation = unseal(format, bytes, twin); !generation)
    return generation.error();
  if (twin.chunk_bytes_size() != twin.chunk_digests_size())
    return make_error(errc::corruption, "a snapshot's chunks and their digests don't match");
  snapshot_manifest x{lsn{twin.at_lsn()},
                      timeline_id{twin.timeline()},
                      term{twin.term()},
                      digest{twin.history_digest()},
                      {},
                      term{twin.last_term()},
                      twin.producers()};
  for (int i = 0; i < twin.chunk_bytes_size(); ++i)
    x.chunks.push_back({twin.chunk_bytes(i), digest{twin.chunk_digests(i)}});
  if (const auto* reason = fault_of(x))
    return make_error(errc::corruption, reason);
  return x;
}

} // namespace sluice::persistence
