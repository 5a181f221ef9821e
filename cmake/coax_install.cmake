# The package: headers, libraries, the program, and what CMake's find_package and pkg-config read.
include(CMakePackageConfigHelpers)

install(TARGETS coax EXPORT coax_targets FILE_SET HEADERS)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/coax)
install(EXPORT coax_targets NAMESPACE coax:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/coaxConfig.cmake.in ${PROJECT_BINARY_DIR}/coaxConfig.cmake
    INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/coaxConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/coaxConfig.cmake ${PROJECT_BINARY_DIR}/coaxConfigVersion.cmake DESTINATION ${package_dir})

# What a static library needs is needed by whoever links it.
set(pc_requires "openssl libpcre2-8 zlib")
if(COAX_WITH_SPDLOG)
    string(APPEND pc_requires " spdlog")
endif()
if(COAX_WITH_YAML_CPP)
    string(APPEND pc_requires " yaml-cpp")
endif()
set(pc_libs "-lboost_url -lboost_json -pthread")
if(BUILD_SHARED_LIBS)
    set(pc_link "Requires.private: ${pc_requires}\nLibs: -L\${libdir} -lcoax\nLibs.private: ${pc_libs}")
else()
    set(pc_link "Requires: ${pc_requires}\nLibs: -L\${libdir} -lcoax ${pc_libs}")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/coax.pc.in ${PROJECT_BINARY_DIR}/coax.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/coax.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
