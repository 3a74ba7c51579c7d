#include <sluice/outcome.hpp>

namespace sluice {

namespace {

std::string range_text(const lsn_range& range) {
  if (range.first == range.last)
    return to_string(range.first);
  return to_string(range.first) + ".." + to_string(range.last);
}

struct outcome_text {
  std::string operator()(const committed& x) const {
    return "committed " + range_text(x.records) + " term=" + to_string(x.term)
           + " timeline=" + to_string(x.timeline);
  }

  std::string operator()(const commit_timeout& x) const {
    auto text = "commit_timeout " + range_text(x.records)
                + ": durable on the primary and counted on " + std::to_string(x.durable) + " of "
                + std::to_string(x.required) + ", it may still commit";
    const char* separator = "; missing: ";
    for (const auto& name : x.missing) {
      text += separator + name;
      separator = ", ";
    }
    return text;
  }

  std::string operator()(const outcome_unknown& x) const {
    auto where = x.records.first == no_lsn ? std::string{} : " " + range_text(x.records);
    return "outcome_unknown" + where + ": " + x.reason;
  }

  std::string operator()(const append_failed& x) const {
    auto text = to_string(x.code);
    if (x.code == errc::lsn_mismatch)
      text += " next=" + to_string(x.next_lsn);
    return x.reason.empty() ? text : text + ": " + x.reason;
  }
};

} // namespace

std::string to_string(const append_outcome& outcome) {
  return std::visit(outcome_text{}, outcome);
}

} // namespace sluice
