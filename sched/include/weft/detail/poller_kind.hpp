#pragma once

namespace weft {

/// What a worker waits in when it has nothing to run. `automatic` is the best this system has.
enum class poller_kind { automatic, epoll, io_uring, kqueue, iocp };

}  // namespace weft
