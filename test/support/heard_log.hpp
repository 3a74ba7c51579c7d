#pragma once

#include "test/support/machine.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <cstddef>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

namespace sluice::test {

/// Everything that nodes log while it lives.
class heard_log {
public:
  heard_log() { test_logger()->sinks().push_back(sink_); }
  ~heard_log() { test_logger()->sinks().pop_back(); }
  heard_log(const heard_log&) = delete;
  heard_log& operator=(const heard_log&) = delete;

  std::string text() const { return text_.str(); }

  std::size_t count(std::string_view words) const {
    auto all = text();
    std::size_t times = 0;
    for (auto at = all.find(words); at != std::string::npos; at = all.find(words, at + 1))
      ++times;
    return times;
  }

private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::ostream_sink_st> sink_ =
      std::make_shared<spdlog::sinks::ostream_sink_st>(text_);
};

} // namespace sluice::test
