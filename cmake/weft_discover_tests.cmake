# Registers every test case of a Catch2 executable with ctest.
#
# Catch2 brings a module for this, but version 2's looks at build time and takes an executable that crashes for one
# without tests. Here ctest asks when it runs, an executable that does not answer is a failed test, and so is a name
# that matches no case.
#
# Included by CMake it defines
# weft_discover_tests(<target> PREFIX <text> TIMEOUT <seconds> LABEL <label> [ENVIRONMENT <name>=<value>...]).
# Each call registers all cases, so one executable can be run under several environments.
# Included by ctest, through the small file that this function writes, it does the asking.

if(NOT DEFINED CTEST_EXECUTABLE_TO_ASK)
    set(weft_discover_script "${CMAKE_CURRENT_LIST_FILE}")
    function(weft_discover_tests target)
        cmake_parse_arguments(PARSE_ARGV 1 arg "" "PREFIX;TIMEOUT;LABEL" "ENVIRONMENT")
        if(Catch2_VERSION VERSION_LESS 3)
            set(list_arguments --list-test-names-only)
            set(strict_arguments --warn NoTests)
        else()
            set(list_arguments --list-tests --verbosity quiet)
            set(strict_arguments --warn UnmatchedTestSpec)
        endif()
        string(MAKE_C_IDENTIFIER "${target} ${arg_ENVIRONMENT}" unique)
        set(ctest_file "${CMAKE_CURRENT_BINARY_DIR}/${unique}_tests.cmake")
        file(GENERATE OUTPUT "${ctest_file}" CONTENT
"set(CTEST_EXECUTABLE_TO_ASK [==[$<TARGET_FILE:${target}>]==])
set(list_arguments ${list_arguments})
set(strict_arguments ${strict_arguments})
set(prefix [==[${arg_PREFIX}]==])
set(properties TIMEOUT ${arg_TIMEOUT} LABELS ${arg_LABEL} ENVIRONMENT [==[${arg_ENVIRONMENT}]==])
include([==[${weft_discover_script}]==])
unset(CTEST_EXECUTABLE_TO_ASK)
")
        set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${ctest_file}")
    endfunction()
    return()
endif()

set(output "")
if(EXISTS "${CTEST_EXECUTABLE_TO_ASK}")
    execute_process(COMMAND "${CTEST_EXECUTABLE_TO_ASK}" ${list_arguments} OUTPUT_VARIABLE output ERROR_QUIET TIMEOUT 60)
endif()
if(output STREQUAL "")
    add_test("${prefix}lists its tests" "${CTEST_EXECUTABLE_TO_ASK}" ${list_arguments})
endif()

# Line by line with a regular expression: names may hold what would split a CMake list.
while(output MATCHES "^\n*([^\n]+)\n?(.*)$")
    set(name "${CMAKE_MATCH_1}")
    set(output "${CMAKE_MATCH_2}")
    string(REGEX REPLACE "([][\\,\"])" "\\\\\\1" pattern "${name}")
    add_test("${prefix}${name}" "${CTEST_EXECUTABLE_TO_ASK}" "${pattern}" ${strict_arguments})
    set_tests_properties("${prefix}${name}" PROPERTIES ${properties})
endwhile()
