# weft::cares, the DNS library c-ares. Its packages bring no CMake file on every system that weft supports.
#
# Included by weft's build, and by weftConfig.cmake beside which it is installed: a static library asks for what its objects
# still need.

if(NOT TARGET weft::cares)
    find_path(WEFT_CARES_INCLUDE ares.h)
    find_library(WEFT_CARES_LIBRARY cares)
    mark_as_advanced(WEFT_CARES_INCLUDE WEFT_CARES_LIBRARY)
    if(NOT WEFT_CARES_INCLUDE OR NOT WEFT_CARES_LIBRARY)
        message(FATAL_ERROR "c-ares >= 1.18 not found; install libc-ares-dev")
    endif()
    add_library(weft::cares UNKNOWN IMPORTED GLOBAL)
    set_target_properties(weft::cares PROPERTIES
        IMPORTED_LOCATION "${WEFT_CARES_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${WEFT_CARES_INCLUDE}")
endif()
