// `make_poller` for programs that link the scheduler without io, such as its own tests.
#include <weft/detail/poller.hpp>

namespace weft::detail {

std::unique_ptr<poller> make_poller(poller_kind) { return make_futex_poller(); }

}  // namespace weft::detail
