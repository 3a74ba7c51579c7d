#include "examples/kv/database.hpp"

#include <sluice/errc.hpp>

#include <sqlite3.h>

namespace kv {

namespace {

/// Longer than any other writer of the file takes: a snapshot being installed.
constexpr int busy_timeout_ms = 60'000;

sluice::errc code_of_sqlite(int result) {
  switch (result & 0xff) {
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB: return sluice::errc::corruption;
  case SQLITE_FULL: return sluice::errc::no_space;
  case SQLITE_BUSY: return sluice::errc::timed_out;
  default: return sluice::errc::io_error;
  }
}

caf::error fault_of(sqlite3* handle, const char* doing) {
  const auto* file = sqlite3_db_filename(handle, "main");
  return sluice::make_error(code_of_sqlite(sqlite3_extended_errcode(handle)),
                            std::string{doing} + ": " + (file != nullptr ? file : "") + ": "
                                + sqlite3_errmsg(handle));
}

} // namespace

statement::statement(sqlite3* database, sqlite3_stmt* prepared)
    : database_(database), prepared_(prepared) {}

void statement::finalize::operator()(sqlite3_stmt* x) const {
  sqlite3_finalize(x);
}

void statement::bind(int parameter, std::string_view blob) {
  // A null pointer would be NULL, which is no empty blob.
  sqlite3_bind_blob64(prepared_.get(), parameter, blob.empty() ? "" : blob.data(), blob.size(),
                      SQLITE_TRANSIENT);
}

void statement::bind(int parameter, std::uint64_t number) {
  sqlite3_bind_int64(prepared_.get(), parameter, static_cast<sqlite3_int64>(number));
}

caf::expected<bool> statement::step() {
  switch (sqlite3_step(prepared_.get())) {
  case SQLITE_ROW: return true;
  case SQLITE_DONE: return false;
  default: return fault_of(database_, "step");
  }
}

caf::error statement::run() {
  auto more = step();
  reset();
  if (!more)
    return more.error();
  return {};
}

void statement::reset() {
  // It repeats the error of `step`, which was told.
  sqlite3_reset(prepared_.get());
}

std::string_view statement::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(prepared_.get(), column));
  auto size = sqlite3_column_bytes(prepared_.get(), column);
  return {data, static_cast<std::size_t>(size)};
}

std::uint64_t statement::number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(prepared_.get(), column));
}

void database::close::operator()(sqlite3* x) const {
  sqlite3_close_v2(x);
}

caf::expected<database> database::open(const std::filesystem::path& file, access how) {
  auto flags =
      how == access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  auto result = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  database opened{handle};
  if (result != SQLITE_OK)
    return sluice::make_error(code_of_sqlite(result),
                              "open: " + file.string() + ": " + sqlite3_errstr(result));
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  return opened;
}

caf::error database::fault(const char* doing) const {
  return fault_of(handle_.get(), doing);
}

caf::error database::run(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return fault(sql);
  return {};
}

caf::expected<statement> database::prepare(const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr)
      != SQLITE_OK)
    return fault(sql);
  return statement{handle_.get(), prepared};
}

caf::expected<std::uint64_t> database::number(const char* sql) {
  auto query = prepare(sql);
  if (!query)
    return query.error();
  auto row = query->step();
  if (!row)
    return row.error();
  if (!*row)
    return sluice::make_error(sluice::errc::corruption, std::string{sql} + ": no row");
  return query->number(0);
}

caf::expected<std::string> database::faults() {
  auto query = prepare("PRAGMA integrity_check(1)");
  if (!query)
    return query.error();
  auto row = query->step();
  if (!row)
    return row.error();
  std::string said{query->blob(0)};
  return said == "ok" ? std::string{} : said;
}

caf::error database::copy_to(database& target) {
  auto* copying = sqlite3_backup_init(target.handle_.get(), "main", handle_.get(), "main");
  if (copying == nullptr)
    return target.fault("copy");
  // The busy handler of neither side is asked while pages are copied.
  auto result = SQLITE_BUSY;
  for (int waited = 0; waited < busy_timeout_ms; waited += 10) {
    result = sqlite3_backup_step(copying, -1);
    if ((result & 0xff) != SQLITE_BUSY && (result & 0xff) != SQLITE_LOCKED)
      break;
    sqlite3_sleep(10);
  }
  sqlite3_backup_finish(copying);
  if (result == SQLITE_DONE)
    return {};
  return sluice::make_error(code_of_sqlite(result), std::string{"copy: "} + sqlite3_errstr(result));
}

transaction::~transaction() {
  // Nobody is there to be told; what was not committed is not there.
  if (is_open_)
    static_cast<void>(database_->run("ROLLBACK"));
}

caf::error transaction::begin(const char* sql) {
  auto err = database_->run(sql);
  is_open_ = !err;
  return err;
}

caf::error transaction::commit() {
  if (auto err = database_->run("COMMIT"))
    return err;
  is_open_ = false;
  return {};
}

} // namespace kv
