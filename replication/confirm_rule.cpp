#include "replication/confirm_rule.hpp"

#include <map>

namespace sluice::replication {

namespace {

using latest_reports = std::map<std::string, const member_report*>;

latest_reports latest_of_members(const members& declared, const starting_primary& primary,
                                 const std::vector<member_report>& reports) {
  latest_reports latest;
  for (const auto& report : reports)
    if (report.id != primary.self && declared.contains(report.id))
      latest[report.id] = &report;
  return latest;
}

/// A member without a history, new or wiped, cannot say that a primary with one has lost
/// nothing.
bool attests(const member_report& report, const starting_primary& primary) {
  auto is_empty = report.end.flushed == no_lsn && primary.end.flushed != no_lsn;
  return report.history_matches && !is_empty;
}

} // namespace

confirmation judge_confirmation(const members& declared, const starting_primary& primary,
                                const std::vector<member_report>& reports) {
  if (declared.empty())
    return confirmed{};
  auto latest = latest_of_members(declared, primary, reports);
  for (const auto& [id, report] : latest)
    if (report->term > primary.term)
      return confirmation_fenced{id, report->term};
  for (const auto& [id, report] : latest)
    if (report->end > primary.end)
      return confirmation_behind{id, report->end};
  confirmation_waiting waiting{0, majority(declared.size()), {}};
  // When everybody has answered there is nobody left who could have more.
  std::size_t in_line = 1;
  for (const auto& [id, report] : latest)
    in_line += report->history_matches ? 1 : 0;
  if (in_line == declared.size())
    return confirmed{};
  for (const auto& name : declared.names()) {
    auto report = latest.find(name);
    if (name == primary.self || (report != latest.end() && attests(*report->second, primary)))
      ++waiting.have;
    else
      waiting.missing.push_back(name);
  }
  if (waiting.have >= waiting.need)
    return confirmed{};
  return waiting;
}

} // namespace sluice::replication
