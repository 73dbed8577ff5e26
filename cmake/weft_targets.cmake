# The shape of the library: one OBJECT library per folder, archived into the one library that users link.

# weft_warnings: private to weft's own code, never exported.
add_library(weft_warnings INTERFACE)
target_compile_options(weft_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wold-style-cast -Wcast-qual -Wformat=2 -Wextra-semi -Wundef
    $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond;-Wlogical-op>
    $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wthread-safety>
    # g++ warns that TSan does not see fences: those of moodycamel's queue, which orders by its atomics as well.
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<STREQUAL:${WEFT_SANITIZE},thread>>:-Wno-tsan>
    $<$<BOOL:${WEFT_WERROR}>:-Werror>)

# A sanitized library needs sanitized callers, and every test must see the same modes: so these travel with the target.
function(weft_apply_modes target)
    target_compile_features(${target} PUBLIC cxx_std_20)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    if(WEFT_SANITIZE STREQUAL "address")
        # The check of virtual calls looks at memory by way of a pipe, and takes an object for none where descriptors have run out.
        set(flags -fsanitize=address,undefined -fno-sanitize=vptr)
        target_compile_options(${target} PUBLIC ${flags} -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
        target_link_options(${target} PUBLIC ${flags})
    elseif(WEFT_SANITIZE STREQUAL "thread")
        target_compile_options(${target} PUBLIC -fsanitize=thread -fno-omit-frame-pointer)
        target_link_options(${target} PUBLIC -fsanitize=thread)
    endif()
    if(WEFT_FORCE_MIGRATION)
        target_compile_definitions(${target} PUBLIC WEFT_FORCE_MIGRATION=1)
    endif()
endfunction()

# weft_layer(<folder> [DEPENDS <folder>...] [EXCLUDE <file>...])
# The layer of the current folder: its *.cpp, its public headers, and the include roots of the layers it depends on.
# EXCLUDE names sources that are chosen by other means than by being there.
function(weft_layer folder)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;EXCLUDE")
    set(target weft_${folder})
    set(root "${CMAKE_CURRENT_SOURCE_DIR}/include")

    file(GLOB sources CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" *.cpp)
    list(REMOVE_ITEM sources ${arg_EXCLUDE})
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${root}/weft/*.hpp")

    add_library(${target} OBJECT ${sources})
    weft_apply_modes(${target})
    set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${root}" FILES ${headers})
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
    target_link_libraries(${target} PRIVATE weft_warnings)
    foreach(dependency IN LISTS arg_DEPENDS)
        target_link_libraries(${target} PUBLIC weft_${dependency})
    endforeach()

    target_sources(weft PRIVATE $<TARGET_OBJECTS:${target}>)
    target_sources(weft PUBLIC FILE_SET HEADERS BASE_DIRS "${root}" FILES ${headers})
    set_property(GLOBAL APPEND PROPERTY WEFT_LAYERS ${folder})
endfunction()

# weft_component(<name> LIBRARIES <target>...)
# The component of the current folder: a library of its own beside weft, exported as weft::<name>, for what needs further
# libraries. To the layering it is a folder like others, above them all.
function(weft_component name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBRARIES")
    set(target weft_${name})
    set(root "${CMAKE_CURRENT_SOURCE_DIR}/include")

    file(GLOB sources CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" *.cpp)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${root}/weft/*.hpp")

    add_library(${target} STATIC ${sources})
    add_library(weft::${name} ALIAS ${target})
    weft_apply_modes(${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON)
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${root}" FILES ${headers})
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
    target_link_libraries(${target} PUBLIC weft PRIVATE ${arg_LIBRARIES} $<BUILD_INTERFACE:weft_warnings>)
    set_property(GLOBAL APPEND PROPERTY WEFT_LAYERS ${name})
endfunction()

# What only the assembled library carries: the modes and libraries its users need, and the check of its headers.
function(weft_finish_library)
    weft_apply_modes(weft)
    target_link_libraries(weft PUBLIC Threads::Threads PRIVATE weft::cares)
    if(weft_switch STREQUAL "boost")
        target_link_libraries(weft PRIVATE Boost::context)
    endif()
    if(weft_io_uring)
        target_link_libraries(weft PRIVATE uring)
    endif()
    # Part of every plain build, so that a header that does not compile alone is found where it is written.
    if(PROJECT_IS_TOP_LEVEL AND WEFT_SANITIZE STREQUAL "off")
        add_custom_target(weft_headers_alone ALL)
        add_dependencies(weft_headers_alone all_verify_interface_header_sets)
    endif()
endfunction()
