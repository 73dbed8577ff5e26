# Proves that the folders are layers: no header of a folder above is found from a folder's include path, while its own
# and those below are. The second half is there so that the first cannot hold for another reason.
#
# cmake -DCOMPILER=... -DWORK_DIR=... -DPATHS_FILE=... -P layering.cmake
# PATHS_FILE sets LAYERS (lowest first) and for each layer HEADERS_<layer> and INCLUDES_<layer>.

cmake_minimum_required(VERSION 3.25)
include("${PATHS_FILE}")

# Sets `status` and `message` to what the compiler says of `#include <header>` in a source file of `layer`.
function(try_include layer header)
    set(source "${WORK_DIR}/${layer}.cpp")
    file(WRITE "${source}" "#include <${header}>\n")
    list(TRANSFORM INCLUDES_${layer} PREPEND -I OUTPUT_VARIABLE flags)
    execute_process(COMMAND "${COMPILER}" -std=c++20 -fsyntax-only ${flags} "${source}"
        RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE message)
    set(status "${status}" PARENT_SCOPE)
    set(message "${message}" PARENT_SCOPE)
endfunction()

set(below "")
foreach(layer IN LISTS LAYERS)
    list(APPEND below ${layer})
    foreach(other IN LISTS LAYERS)
        if(other IN_LIST below)
            list(GET HEADERS_${other} 0 header)
            try_include(${layer} ${header})
            if(NOT status EQUAL 0)
                message(SEND_ERROR "${layer} may include <${header}> of ${other}, but it does not compile:\n${message}")
            endif()
            message(STATUS "${layer} includes <${header}> of ${other}: compiles")
            continue()
        endif()
        foreach(header IN LISTS HEADERS_${other})
            try_include(${layer} ${header})
            if(status EQUAL 0)
                message(SEND_ERROR "${layer} must not see <${header}> of ${other}, but it compiles")
            elseif(NOT message MATCHES "fatal error: '?${header}'?:? (No such file|file not found)")
                message(SEND_ERROR "${layer} finds <${header}> of ${other}, or fails for another reason:\n${message}")
            endif()
        endforeach()
        message(STATUS "${layer} does not find the headers of ${other}: ${HEADERS_${other}}")
    endforeach()
endforeach()
