#include <weft/detail/outside_source.hpp>

#include "registry.hpp"

namespace weft::detail {

outside_source::outside_source() noexcept { runtime_registry::instance().outside_sources.fetch_add(1); }
outside_source::~outside_source() { runtime_registry::instance().outside_sources.fetch_sub(1); }

outside_thread::outside_thread() noexcept { runtime_registry::instance().threads.begun.fetch_add(1); }
outside_thread::~outside_thread() { runtime_registry::instance().threads.ended.fetch_add(1); }

}  // namespace weft::detail
