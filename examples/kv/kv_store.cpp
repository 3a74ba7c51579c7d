#include "examples/kv/kv_store.hpp"

#include "examples/kv/operation.hpp"
#include "examples/kv/state_file.hpp"

#include <sluice/errc.hpp>

namespace kv {

using sluice::errc;
using sluice::lsn;
using sluice::make_error;

namespace {

struct prepared {
  statement& target;
  const char* sql;
};

} // namespace

caf::error kv_store::open(const std::filesystem::path& directory) {
  if (auto err = remove_staged(directory))
    return err;
  auto opened = open_state(directory);
  if (!opened)
    return opened.error();
  for (const auto& x : {prepared{put_, "INSERT INTO entries VALUES(?1, ?2, ?3) ON CONFLICT(key) "
                                       "DO UPDATE SET value = ?2, lsn = ?3"},
                        prepared{delete_, "DELETE FROM entries WHERE key = ?1"},
                        prepared{ignore_, "UPDATE state SET ignored = ignored + 1"},
                        prepared{advance_, "UPDATE state SET applied = ?1"}}) {
    auto made = opened->prepare(x.sql);
    if (!made)
      return made.error();
    x.target = std::move(*made);
  }
  auto applied = applied_of(*opened);
  if (!applied)
    return applied.error();
  last_seen_applied_ = *applied;
  database_ = std::move(*opened);
  return {};
}

/// Read each time: a snapshot may have been installed.
lsn kv_store::applied() {
  if (database_)
    if (auto found = applied_of(*database_))
      last_seen_applied_ = *found;
  return last_seen_applied_;
}

caf::error kv_store::apply(std::span<const sluice::record> records) {
  if (!database_)
    return make_error(errc::closed, "the key-value store is not open");
  transaction changing{*database_};
  if (auto err = changing.begin("BEGIN IMMEDIATE"))
    return err;
  auto at = applied_of(*database_);
  if (!at)
    return at.error();
  for (const auto& x : records) {
    if (x.lsn <= *at)
      continue;
    if (x.lsn != next(*at))
      return make_error(errc::malformed, "the state is at LSN " + to_string(*at)
                                             + " and was given LSN " + to_string(x.lsn));
    if (auto err = apply_one(x))
      return err;
    *at = x.lsn;
  }
  advance_.bind(1, at->value);
  if (auto err = advance_.run())
    return err;
  if (auto err = changing.commit())
    return err;
  last_seen_applied_ = *at;
  return {};
}

caf::error kv_store::apply_one(const sluice::record& x) {
  auto decoded = decode(x.bytes.view());
  if (!decoded)
    return decoded.error();
  if (!*decoded)
    return ignore_.run();
  if (const auto* written = std::get_if<put>(&**decoded)) {
    put_.bind(1, written->key);
    put_.bind(2, written->value);
    put_.bind(3, x.lsn.value);
    return put_.run();
  }
  delete_.bind(1, std::get<del>(**decoded).key);
  return delete_.run();
}

} // namespace kv
