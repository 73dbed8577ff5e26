// What the system says about an errno value.
#pragma once
#include <string>
#include <system_error>

namespace weftsum {

inline std::string describe(int error) { return std::generic_category().message(error); }

}  // namespace weftsum
