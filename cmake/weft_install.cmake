# Headers, libweft.a, the CMake package and the pkg-config file.

if(NOT WEFT_INSTALL)
    return()
endif()

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weft")

install(TARGETS weft EXPORT weftTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT weftTargets NAMESPACE weft:: DESTINATION "${package_dir}")

# Components have export sets of their own, so that only those who ask for one need its libraries.
set(pc_components "")
if(weft_tls)
    list(APPEND pc_components tls)
    install(TARGETS weft_tls EXPORT weftTlsTargets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    install(EXPORT weftTlsTargets NAMESPACE weft:: DESTINATION "${package_dir}")
endif()
if(TARGET weft_asio)
    install(TARGETS weft_asio EXPORT weftAsioTargets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    install(EXPORT weftAsioTargets NAMESPACE weft:: DESTINATION "${package_dir}")
endif()

# An installed library asks only for what its objects still need at link time.
set(WEFT_NEEDS_BOOST_CONTEXT FALSE)
set(WEFT_PC_LIBS "-pthread -lcares")
set(WEFT_PC_CFLAGS "-pthread")
if(weft_switch STREQUAL "boost")
    set(WEFT_NEEDS_BOOST_CONTEXT TRUE)
    string(APPEND WEFT_PC_LIBS " -lboost_context")
endif()
if(weft_io_uring)
    string(APPEND WEFT_PC_LIBS " -luring")
endif()
get_target_property(interface_options weft INTERFACE_COMPILE_OPTIONS)
get_target_property(interface_link_options weft INTERFACE_LINK_OPTIONS)
get_target_property(interface_definitions weft INTERFACE_COMPILE_DEFINITIONS)
if(interface_options)
    list(JOIN interface_options " " flags)
    string(APPEND WEFT_PC_CFLAGS " ${flags}")
endif()
if(interface_link_options)
    list(JOIN interface_link_options " " flags)
    string(APPEND WEFT_PC_LIBS " ${flags}")
endif()
if(interface_definitions)
    list(JOIN interface_definitions " -D" flags)
    string(APPEND WEFT_PC_CFLAGS " -D${flags}")
endif()
foreach(kind IN ITEMS LIBDIR INCLUDEDIR)
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${kind}}")
        set(WEFT_PC_${kind} "${CMAKE_INSTALL_${kind}}")
    else()
        set(WEFT_PC_${kind} "\${prefix}/${CMAKE_INSTALL_${kind}}")
    endif()
endforeach()

# The prefix is found from where weft.pc lies, so that an installed tree may be moved.
file(RELATIVE_PATH WEFT_PC_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file(cmake/weft.pc.in weft.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/weft.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
foreach(component IN LISTS pc_components)
    configure_file(cmake/weft-${component}.pc.in weft-${component}.pc @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/weft-${component}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()

configure_package_config_file(cmake/weftConfig.cmake.in weftConfig.cmake INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(weftConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/weftConfig.cmake" "${PROJECT_BINARY_DIR}/weftConfigVersion.cmake"
    cmake/weft_cares.cmake
    DESTINATION "${package_dir}")
