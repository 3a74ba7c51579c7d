#include "tools/logging.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace sluice::tools {

namespace {

/// The message as a JSON string; spdlog's own %v does not escape.
class quoted_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& into) override {
    auto text = nlohmann::json(std::string_view{message.payload.data(), message.payload.size()})
                    .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    into.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<quoted_message>();
  }
};

} // namespace

void start_logging(const std::string& level, bool as_json) {
  auto logger = spdlog::stderr_color_mt("sluice");
  if (as_json) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<quoted_message>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":%*})");
    logger->set_formatter(std::move(formatter));
  } else {
    logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
  }
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::trace);
}

} // namespace sluice::tools
