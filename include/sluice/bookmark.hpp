#pragma once

#include <sluice/types.hpp>

#include <caf/expected.hpp>

#include <string>
#include <string_view>

namespace sluice {

/// A place in the history that a caller has seen: what is read at it holds everything
/// through `lsn`. A commit returns one; it can be kept as text and shown to any node.
struct bookmark {
  /// {0}: whichever the node is on.
  timeline_id timeline;
  /// Of whoever wrote the record; told to people, decides nothing.
  sluice::term term;
  sluice::lsn lsn;
  friend bool operator==(const bookmark&, const bookmark&) = default;
};

/// `TIMELINE:TERM:LSN`
std::string to_string(const bookmark& x);

/// Reads what `to_string` wrote.
/// @returns `errc::invalid_argument` with the text that is no bookmark
caf::expected<bookmark> parse_bookmark(std::string_view text);

} // namespace sluice
