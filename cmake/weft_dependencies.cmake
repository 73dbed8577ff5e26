# What the library itself needs. Tests, examples and benchmarks look for their own.

include(CheckIncludeFileCXX)

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

if(weft_switch STREQUAL "boost")
    find_package(Boost 1.74 QUIET COMPONENTS context)
    if(NOT Boost_FOUND)
        message(FATAL_ERROR "Boost.Context >= 1.74 not found; install libboost-context1.81-dev (Debian 12) or libboost-context-dev")
    endif()
endif()

# Header-only and private to the sources: nothing of it reaches an installed header or the exported targets.
# Older packages install it flat, newer ones under moodycamel/.
find_path(WEFT_CONCURRENTQUEUE_INCLUDE concurrentqueue.h PATH_SUFFIXES concurrentqueue/moodycamel concurrentqueue)
if(NOT WEFT_CONCURRENTQUEUE_INCLUDE)
    message(FATAL_ERROR "moodycamel::ConcurrentQueue not found; install libconcurrentqueue-dev")
endif()

include(weft_cares)

# 2.3 is the first with the calls for multishot receives and rings of buffers.
set(weft_io_uring FALSE)
if(NOT WEFT_IO_URING STREQUAL "off")
    find_path(WEFT_LIBURING_INCLUDE liburing.h)
    find_library(WEFT_LIBURING_LIBRARY uring)
    if(WEFT_LIBURING_INCLUDE AND WEFT_LIBURING_LIBRARY)
        file(STRINGS "${WEFT_LIBURING_INCLUDE}/liburing.h" weft_liburing_calls REGEX "io_uring_prep_recv_multishot")
    endif()
    if(weft_liburing_calls)
        set(weft_io_uring TRUE)
    elseif(WEFT_IO_URING STREQUAL "on")
        message(FATAL_ERROR "liburing >= 2.3 not found; install liburing-dev, or configure with -DWEFT_IO_URING=off")
    endif()
endif()

# For the component weft::tls only.
set(weft_tls FALSE)
if(NOT WEFT_TLS STREQUAL "off")
    find_package(OpenSSL 3 QUIET)
    if(OpenSSL_FOUND)
        set(weft_tls TRUE)
    elseif(WEFT_TLS STREQUAL "on")
        message(FATAL_ERROR "OpenSSL >= 3 not found; install libssl-dev, or use -DWEFT_TLS=off")
    else()
        message(STATUS "OpenSSL >= 3 not found: weft::tls is not built")
    endif()
endif()

check_include_file_cxx(valgrind/valgrind.h WEFT_HAVE_VALGRIND_H)
option(WEFT_VALGRIND "Tell valgrind about fiber stacks" ${WEFT_HAVE_VALGRIND_H})
if(WEFT_VALGRIND AND NOT WEFT_HAVE_VALGRIND_H)
    message(FATAL_ERROR "WEFT_VALGRIND=ON needs <valgrind/valgrind.h>; install valgrind or use -DWEFT_VALGRIND=OFF")
endif()
