#include "persistence/damage.hpp"

namespace sluice::persistence {

caf::error to_error(const damage& found, const char* operation) {
  return make_error(found.code, std::string{operation} + ": " + found.file.string()
                                    + ": offset=" + std::to_string(found.byte_offset)
                                    + " lsn=" + to_string(found.lsn) + ": " + found.reason);
}

} // namespace sluice::persistence
