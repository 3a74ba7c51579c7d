#include "examples/kv/state_file.hpp"

#include <sluice/errc.hpp>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace kv {

namespace fs = std::filesystem;
using sluice::errc;
using sluice::make_error;

namespace {

constexpr std::uint64_t application_id = 0x736C6B76;
constexpr std::uint64_t format_version = 1;

constexpr const char* create_tables = R"(
  PRAGMA application_id = 0x736C6B76;
  PRAGMA user_version = 1;
  CREATE TABLE entries(key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL, lsn INTEGER NOT NULL);
  CREATE TABLE state(only INTEGER PRIMARY KEY CHECK(only = 1), applied INTEGER NOT NULL,
                     ignored INTEGER NOT NULL);
  INSERT INTO state VALUES(1, 0, 0);
)";

caf::error create_if_empty(database& made) {
  transaction creating{made};
  if (auto err = creating.begin("BEGIN IMMEDIATE"))
    return err;
  auto tables = made.number("SELECT count(*) FROM sqlite_schema");
  if (!tables)
    return tables.error();
  if (*tables == 0)
    if (auto err = made.run(create_tables))
      return err;
  return creating.commit();
}

} // namespace

fs::path state_file(const fs::path& directory) {
  return directory / "kv.sqlite";
}

fs::path incoming_file(const fs::path& directory) {
  return directory / "kv.sqlite.incoming";
}

fs::path sending_file_pattern(const fs::path& directory) {
  return directory / "kv.sqlite.sending-XXXXXX";
}

caf::error check_format(database& of) {
  auto id = of.number("PRAGMA application_id");
  if (!id)
    return id.error();
  auto version = of.number("PRAGMA user_version");
  if (!version)
    return version.error();
  auto tables = of.number("SELECT count(*) FROM sqlite_schema");
  if (!tables)
    return tables.error();
  if (*id == 0 && *version == 0 && *tables == 0)
    return {};
  if (*id != application_id)
    return make_error(errc::corruption, "an SQLite file, but not one of the key-value store");
  if (*version > format_version)
    return make_error(errc::unknown_version,
                      "the key-value store's file has version " + std::to_string(*version)
                          + ", this program knows " + std::to_string(format_version));
  return {};
}

caf::expected<database> open_state(const fs::path& directory) {
  auto opened = database::open(state_file(directory), access::write);
  if (!opened)
    return opened.error();
  if (auto err = check_format(*opened))
    return err;
  // Readers in other processes go on while it is written; a commit is synced.
  for (const auto* setting : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"})
    if (auto err = opened->run(setting))
      return err;
  if (auto err = create_if_empty(*opened))
    return err;
  return opened;
}

caf::expected<sluice::lsn> applied_of(database& of) {
  auto number = of.number("SELECT applied FROM state");
  if (!number)
    return number.error();
  return sluice::lsn{*number};
}

caf::error remove_staged(const fs::path& directory) {
  auto prefixes = {incoming_file(directory).filename().string(), std::string{"kv.sqlite.sending-"}};
  std::vector<fs::path> left;
  std::error_code failed;
  for (fs::directory_iterator i{directory, failed}, end; !failed && i != end; i.increment(failed))
    for (const auto& prefix : prefixes)
      if (i->path().filename().string().starts_with(prefix))
        left.push_back(i->path());
  for (const auto& file : left)
    if (!failed)
      fs::remove(file, failed);
  if (failed)
    return make_error(errc::io_error, directory.string() + ": " + failed.message());
  return left.empty() ? caf::error{} : sync_directory(directory);
}

caf::error sync_directory(const fs::path& directory) {
  auto descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return make_error(errc::io_error, directory.string() + ": " + std::strerror(errno));
  auto result = ::fsync(descriptor);
  auto why = errno;
  ::close(descriptor);
  if (result != 0)
    return make_error(errc::io_error, directory.string() + ": " + std::strerror(why));
  return {};
}

} // namespace kv
