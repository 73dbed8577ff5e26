#include "support/stack.hpp"

namespace weft_test {

std::size_t dig(std::size_t bytes) {
    char volatile frame[1024];  // NOLINT(banned): its only use is to be written
    frame[0] = 1;
    if (bytes <= sizeof frame) return 0;
    return dig(bytes - sizeof frame) + static_cast<std::size_t>(frame[0]);
}

}  // namespace weft_test
