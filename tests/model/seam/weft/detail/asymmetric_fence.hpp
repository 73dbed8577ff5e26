#pragma once
// In place of the header of the same name. The light fence orders only what the compiler may do, and the model's threads run in
// program order: nothing. The heavy one makes every thread pass a full fence, one after the other.
#include <weft/detail/atomic.hpp>

namespace weft::detail {

inline constexpr bool fences_are_asymmetric = true;

inline void light_fence() noexcept {}
inline void light_fence_where_asymmetric() noexcept {}
inline void heavy_fence(weft_model::site where = weft_model::site::here()) { weft_model::heavy_fence(where); }

}  // namespace weft::detail
