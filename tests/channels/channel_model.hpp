// What channels mean, one step at a time, and the question whether a history can be explained by such steps.
//
// Each operation acts at one instant between its beginning and its end. If one of its cases is ready, one of them happens;
// otherwise the operation gives up at once (a try), or stands in line at all its channels until a partner, a close, its timeout or
// the end of the program takes it out. Waiters are served first come, first served. A history is explained if some order of
// these instants gives each operation the outcome it had.
#pragma once

#include "channels/program.hpp"

namespace weft_test {

/// Whether `h` is what a sequence of atomic steps could have done, and, once the program was quiet, only those wait who must.
bool is_explained(history const& h);

}  // namespace weft_test
