#pragma once
#include "file_operation.hpp"

#include <cstddef>
#include <span>

namespace weft::detail {

/// Writes all of it at the descriptor's position. For code that runs off the workers.
inline call_result write_content(int fd, std::span<std::byte const> content) noexcept {
    while (!content.empty()) {
        file_request request{file_request::kind::write, fd};
        request.from = content.data();
        request.bytes = content.size();
        call_result const put = make_call(request);
        if (put.error != 0) return put;
        if (put.value == 0) return {0, EIO};  // a device that takes nothing and does not say why
        content = content.subspan(put.value);
    }
    return {};
}

}  // namespace weft::detail
