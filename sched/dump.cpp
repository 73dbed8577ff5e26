#include <weft/dump.hpp>

#include "fiber_survey.hpp"

namespace weft {

std::size_t dump_fibers(std::string& text) {
    detail::fiber_survey const all;
    all.describe(text);
    return all.size();
}

std::size_t dump_fibers(std::FILE* to) {
    std::string text;
    std::size_t const count = dump_fibers(text);
    std::fwrite(text.data(), 1, text.size(), to);
    std::fflush(to);
    return count;
}

}  // namespace weft
