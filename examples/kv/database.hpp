#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace kv {

/// A prepared statement; copies what is bound to it.
class statement {
public:
  statement() = default;
  statement(sqlite3* database, sqlite3_stmt* prepared);

  void bind(int parameter, std::string_view blob);
  void bind(int parameter, std::uint64_t number);

  /// Whether there is a (further) row.
  caf::expected<bool> step();
  /// Runs it to its end and makes it ready for other parameters.
  caf::error run();
  void reset();

  /// Of the row that `step` found; valid until the next one.
  std::string_view blob(int column) const;
  std::uint64_t number(int column) const;

private:
  struct finalize {
    void operator()(sqlite3_stmt* x) const;
  };
  sqlite3* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, finalize> prepared_;
};

enum class access {
  read,
  /// Makes the file when it is missing.
  write,
};

/// A connection to an SQLite file. Used by one thread at a time.
class database {
public:
  static caf::expected<database> open(const std::filesystem::path& file, access how);

  caf::error run(const char* sql);
  caf::expected<statement> prepare(const char* sql);
  /// The number that a query of one row and one column gives.
  caf::expected<std::uint64_t> number(const char* sql);
  /// What SQLite finds wrong with the pages of the file; empty when all is well.
  caf::expected<std::string> faults();

  /// Makes `target` a copy of what this connection sees, in one transaction of `target`.
  caf::error copy_to(database& target);

private:
  struct close {
    void operator()(sqlite3* x) const;
  };
  explicit database(sqlite3* opened) : handle_(opened) {}
  caf::error fault(const char* doing) const;

  std::unique_ptr<sqlite3, close> handle_;
};

/// Rolls back at its end unless it was committed.
class transaction {
public:
  explicit transaction(database& on) : database_(&on) {}
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  ~transaction();

  /// @param sql `BEGIN` to read, `BEGIN IMMEDIATE` to write
  caf::error begin(const char* sql);
  caf::error commit();

private:
  database* database_;
  bool is_open_ = false;
};

} // namespace kv
