#pragma once
// The parallel loop, without the type of its body.

#include <cstddef>

namespace weft::detail {

using chunk_body = void (*)(void* context, std::size_t from, std::size_t to);

/// Calls `body(context, from, to)` for pieces that cover [0, count) exactly, each of at most `grain`, by at most `fibers`
/// fibers; 0 lets this function choose. The first exception, and a cancellation, stop it between two pieces.
void for_chunks(std::size_t count, std::size_t fibers, std::size_t grain, chunk_body body, void* context);

template <class Body>
void for_chunks(std::size_t count, std::size_t fibers, std::size_t grain, Body&& body) {
    for_chunks(
        count, fibers, grain, [](void* b, std::size_t from, std::size_t to) { (*static_cast<Body*>(b))(from, to); },
        &body);
}

}  // namespace weft::detail
