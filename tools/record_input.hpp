#pragma once

#include <sluice/payload.hpp>

#include <caf/expected.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace sluice::tools {

/// Records, one after the other; holds one block of the input at a time.
class record_input {
public:
  virtual ~record_input() = default;

  /// The next record; none at the end.
  virtual caf::expected<std::optional<payload>> next() = 0;
};

/// A record a line, without the newline; the last line may lack it.
std::unique_ptr<record_input> read_lines(int descriptor);

/// Blocks of lines that empty lines divide, each with its last newline.
std::unique_ptr<record_input> read_stanzas(int descriptor);

/// Each record after its length, a little-endian u32.
std::unique_ptr<record_input> read_length_prefixed(int descriptor);

/// `count` records of `size` bytes, as of `generated_record`.
std::unique_ptr<record_input> generate_records(std::uint64_t size, std::uint64_t count);

/// Text that tells its number and can be checked: `0000000042:` and letters that follow from
/// the number; cut off at `size`.
payload generated_record(std::uint64_t number, std::uint64_t size);

} // namespace sluice::tools
