#pragma once
#include <weft/pipe.hpp>

namespace weft {

/// Standard input, whatever it is: a terminal, a pipe, a socket or a file.
///
/// The worker is never blocked: a fiber that finds nothing to read parks, can be cancelled and can have a deadline. The parent
/// process shares what stands behind the descriptor and may want it to block, so that its settings are left alone.
/// Closing the stream leaves descriptor 0 open.
///
/// Each call makes a stream of its own, at the cost of a few system calls: keep it. It reads no further than it is asked
/// to, so that streams may follow one another, also mixed with `std::cin` if that is not buffered. It belongs to the runtime
/// of the calling fiber.
/// Errors: `std::system_error`; `runtime_stopped` on a plain thread. If descriptor 0 is not open, or not for reading, the
/// stream holds nothing, and reading fails with `bad_file_descriptor`.
pipe_reader std_in();

/// Standard output, in the same way; every write goes to the system at once. Writes through one stream come one after
/// another; two streams, or this one and `stdout`, may mix long texts: up to 4,096 bytes stay together.
pipe_writer std_out();

/// Standard error, in the same way.
pipe_writer std_err();

}  // namespace weft
