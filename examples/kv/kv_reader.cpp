#include "examples/kv/kv_reader.hpp"

#include "examples/kv/state_file.hpp"

#include <sluice/errc.hpp>

namespace kv {

using sluice::errc;
using sluice::make_error;

namespace {

constexpr std::size_t examples_max = 10;

/// Keeps what two readers see as it is.
class frozen {
public:
  explicit frozen(kv_reader& x) : reader_(x) {}
  frozen(const frozen&) = delete;
  frozen& operator=(const frozen&) = delete;
  /// A read that is not ended ends with its connection.
  ~frozen() { static_cast<void>(reader_.thaw()); }
  caf::error begin() { return reader_.freeze(); }

private:
  kv_reader& reader_;
};

/// What is common to both sides of a comparison, and what is found by it.
class comparing {
public:
  explicit comparing(comparison& found) : found_(found) {}

  caf::error run(entry_cursor& here, entry_cursor& there) {
    auto a = here.next();
    auto b = there.next();
    while (a && b && (*a || *b)) {
      auto is_here = *a && (!*b || (*a)->key <= (*b)->key);
      auto is_there = *b && (!*a || (*b)->key <= (*a)->key);
      look_at(is_here ? &**a : nullptr, is_there ? &**b : nullptr);
      if (is_here)
        a = here.next();
      if (is_there)
        b = there.next();
    }
    if (!a)
      return a.error();
    return b ? caf::error{} : b.error();
  }

private:
  void look_at(const entry_view* here, const entry_view* there) {
    ++found_.entries;
    if (here != nullptr && there != nullptr && here->value == there->value
        && here->lsn == there->lsn)
      return;
    ++found_.differing;
    if (found_.examples.size() >= examples_max)
      return;
    difference x;
    x.key = here != nullptr ? here->key : there->key;
    if (here != nullptr)
      x.here = here->lsn;
    if (there != nullptr)
      x.there = there->lsn;
    found_.examples.push_back(std::move(x));
  }

  comparison& found_;
};

caf::error read_positions(kv_reader& of, sluice::lsn& applied, std::uint64_t& ignored) {
  auto position = of.applied();
  if (!position)
    return position.error();
  auto passed_over = of.ignored();
  if (!passed_over)
    return passed_over.error();
  applied = *position;
  ignored = *passed_over;
  return {};
}

} // namespace

entry_cursor::entry_cursor(statement rows, std::string prefix)
    : rows_(std::move(rows)), prefix_(std::move(prefix)) {
  rows_.bind(1, prefix_);
}

caf::expected<std::optional<entry_view>> entry_cursor::next() {
  auto row = rows_.step();
  if (!row)
    return row.error();
  if (!*row || !rows_.blob(0).starts_with(prefix_))
    return std::optional<entry_view>{};
  return std::optional{entry_view{rows_.blob(0), rows_.blob(1), sluice::lsn{rows_.number(2)}}};
}

caf::expected<kv_reader> kv_reader::open(const std::filesystem::path& directory) {
  std::error_code ignored;
  if (!std::filesystem::exists(state_file(directory), ignored))
    return make_error(errc::not_found, directory.string()
                                           + " has no kv.sqlite: its node was never started "
                                             "with --kv");
  auto opened = database::open(state_file(directory), access::read);
  if (!opened)
    return opened.error();
  if (auto err = check_format(*opened))
    return err;
  return kv_reader{std::move(*opened)};
}

caf::expected<sluice::lsn> kv_reader::applied() {
  return applied_of(database_);
}

caf::expected<std::uint64_t> kv_reader::ignored() {
  return database_.number("SELECT ignored FROM state");
}

caf::expected<std::optional<std::string>> kv_reader::get(std::string_view key) {
  auto query = database_.prepare("SELECT value FROM entries WHERE key = ?1");
  if (!query)
    return query.error();
  query->bind(1, key);
  auto row = query->step();
  if (!row)
    return row.error();
  return *row ? std::optional{std::string{query->blob(0)}} : std::nullopt;
}

caf::expected<entry_cursor> kv_reader::list(std::string prefix) {
  auto query =
      database_.prepare("SELECT key, value, lsn FROM entries WHERE key >= ?1 ORDER BY key");
  if (!query)
    return query.error();
  return entry_cursor{std::move(*query), std::move(prefix)};
}

caf::expected<std::string> kv_reader::faults() {
  return database_.faults();
}

caf::error kv_reader::freeze() {
  return database_.run("BEGIN");
}

caf::error kv_reader::thaw() {
  return database_.run("COMMIT");
}

caf::expected<comparison> compare(kv_reader& here, kv_reader& there) {
  frozen here_now{here};
  frozen there_now{there};
  if (auto err = here_now.begin())
    return err;
  if (auto err = there_now.begin())
    return err;
  comparison found;
  if (auto err = read_positions(here, found.here_applied, found.here_ignored))
    return err;
  if (auto err = read_positions(there, found.there_applied, found.there_ignored))
    return err;
  if (found.here_applied != found.there_applied)
    return found;
  auto ours = here.list();
  if (!ours)
    return ours.error();
  auto theirs = there.list();
  if (!theirs)
    return theirs.error();
  if (auto err = comparing{found}.run(*ours, *theirs))
    return err;
  return found;
}

} // namespace kv
