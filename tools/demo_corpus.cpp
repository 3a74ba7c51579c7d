#include "tools/demo_corpus.hpp"

#include "tools/child_process.hpp"

#include <sluice/errc.hpp>

#include <cerrno>
#include <cstring>

#include <fcntl.h>

namespace sluice::tools {

namespace {

constexpr std::uint64_t generated_count = 60'000;
constexpr std::uint64_t generated_bytes = 1024;
constexpr std::chrono::seconds dump_within{60};

using reader = std::unique_ptr<record_input> (*)(int descriptor);

/// Keeps the file open as long as it is read.
class file_input final : public record_input {
public:
  file_input(owned_descriptor file, reader read)
      : file_(std::move(file)), records_(read(file_.number())) {}

  caf::expected<std::optional<payload>> next() override { return records_->next(); }

private:
  owned_descriptor file_;
  std::unique_ptr<record_input> records_;
};

auto opener_of(std::filesystem::path path, reader read) {
  return [path = std::move(path), read]() -> caf::expected<std::unique_ptr<record_input>> {
    owned_descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file.is_open())
      return make_error(errc::io_error, path.string() + ": " + std::strerror(errno));
    return std::unique_ptr<record_input>{std::make_unique<file_input>(std::move(file), read)};
  };
}

caf::error count(demo_corpus& corpus) {
  auto input = corpus.open();
  if (!input)
    return input.error();
  while (true) {
    auto record = (*input)->next();
    if (!record)
      return record.error();
    if (!*record)
      return {};
    ++corpus.records;
    corpus.bytes += (*record)->size();
  }
}

/// Whether `apt-cache` wrote package descriptions to `into`.
bool dump_packages(const std::filesystem::path& into) {
  child_start dump;
  dump.program = "apt-cache";
  dump.arguments = {"dumpavail"};
  dump.output = into;
  dump.errors = "/dev/null";
  auto child = child_process::start(dump);
  if (!child)
    return false;
  auto status = child->wait_for(dump_within);
  std::error_code code;
  return status && *status == 0 && std::filesystem::file_size(into, code) > 0 && !code;
}

} // namespace

caf::expected<demo_corpus> find_corpus(const std::string& file,
                                       const std::filesystem::path& scratch) {
  demo_corpus corpus;
  auto packages = scratch / "packages";
  if (!file.empty()) {
    corpus.description = "lines of " + file;
    corpus.open = opener_of(file, read_lines);
  } else if (dump_packages(packages)) {
    corpus.description = "package descriptions (apt-cache dumpavail)";
    corpus.open = opener_of(packages, read_stanzas);
  } else {
    corpus.description = "generated records: apt-cache knows no packages here (apt-get update)";
    corpus.open = []() -> caf::expected<std::unique_ptr<record_input>> {
      return generate_records(generated_bytes, generated_count);
    };
  }
  if (auto err = count(corpus))
    return err;
  if (corpus.records == 0)
    return make_error(errc::invalid_argument, file + " holds no record");
  return corpus;
}

} // namespace sluice::tools
