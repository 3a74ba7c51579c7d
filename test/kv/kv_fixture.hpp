#pragma once

#include "examples/kv/kv_reader.hpp"
#include "examples/kv/kv_snapshot.hpp"
#include "examples/kv/kv_store.hpp"
#include "examples/kv/operation.hpp"

#include <sluice/errc.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <stdlib.h>

namespace kv::test {

using sluice::errc;
using sluice::lsn;

/// A node's directory, gone with the test.
class scratch_directory {
public:
  scratch_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "sluice-kv-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("mkdtemp " + pattern);
    path_ = pattern;
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      found.insert(entry.path().filename().string());
    return found;
  }

private:
  std::filesystem::path path_;
};

inline sluice::record record_at(std::uint64_t position, std::string bytes) {
  return {lsn{position},
          sluice::term{1},
          sluice::timeline_id{1},
          {},
          sluice::payload::take(std::move(bytes))};
}

inline sluice::record put_at(std::uint64_t position, std::string key, std::string value) {
  return record_at(position, encode(put{std::move(key), std::move(value)}));
}

inline sluice::record delete_at(std::uint64_t position, std::string key) {
  return record_at(position, encode(del{std::move(key)}));
}

/// Opens the store; throws when it cannot be.
inline void open(kv_store& store, const scratch_directory& in) {
  if (auto err = store.open(in.path()))
    throw std::runtime_error(sluice::describe(err));
}

/// Writes `1 to last` under keys that repeat every seven, in batches of three.
inline void fill(kv_store& store, std::uint64_t last) {
  std::vector<sluice::record> batch;
  for (auto i = store.applied().value + 1; i <= last; ++i) {
    batch.push_back(i % 11 == 0 ? delete_at(i, "k" + std::to_string(i % 7))
                                : put_at(i, "k" + std::to_string(i % 7), std::to_string(i)));
    if (batch.size() < 3 && i < last)
      continue;
    if (auto err = store.apply(batch))
      throw std::runtime_error(sluice::describe(err));
    batch.clear();
  }
}

struct whole_state {
  lsn applied;
  std::map<std::string, std::string> entries;
  friend bool operator==(const whole_state&, const whole_state&) = default;
  friend std::ostream& operator<<(std::ostream& out, const whole_state& x) {
    out << x.applied.value;
    for (const auto& [key, value] : x.entries)
      out << ' ' << key << '=' << value;
    return out;
  }
};

/// As another connection sees it.
inline whole_state state_in(const scratch_directory& directory) {
  auto reader = kv_reader::open(directory.path());
  if (!reader)
    throw std::runtime_error(sluice::describe(reader.error()));
  if (reader->freeze())
    throw std::runtime_error("freeze");
  whole_state state{reader->applied() ? *reader->applied() : lsn{}, {}};
  auto rows = reader->list();
  while (auto row = rows->next()) {
    if (!*row)
      break;
    state.entries.emplace((*row)->key, (*row)->value);
  }
  return state;
}

/// What `fill` leaves when nothing is lost and nothing doubled.
inline whole_state filled(std::uint64_t last) {
  whole_state state{lsn{last}, {}};
  for (std::uint64_t i = 1; i <= last; ++i)
    if (i % 11 == 0)
      state.entries.erase("k" + std::to_string(i % 7));
    else
      state.entries["k" + std::to_string(i % 7)] = std::to_string(i);
  return state;
}

} // namespace kv::test
