#include <weft/exit_status.hpp>

#include <csignal>
#include <cstring>

namespace weft {

std::string exit_status::to_string() const {
    if (exited()) return "exit code " + std::to_string(code());
    std::string text = "signal " + std::to_string(signal());
    if (char const* const name = ::sigdescr_np(signal()); name != nullptr) text += " (" + std::string(name) + ")";
    if (dumped_core()) text += ", core dumped";
    return text;
}

}  // namespace weft
