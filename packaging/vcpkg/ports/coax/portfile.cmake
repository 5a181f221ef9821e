vcpkg_download_distfile(ARCHIVE
    URLS "https://example.invalid/coax/releases/coax-${VERSION}.tar.gz"
    FILENAME "coax-${VERSION}.tar.gz"
    SHA512 0
)
vcpkg_extract_source_archive(SOURCE_PATH ARCHIVE "${ARCHIVE}")

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
    FEATURES
        http2  COAX_WITH_NGHTTP2
        logs   COAX_WITH_SPDLOG
        redis  COAX_WITH_HIREDIS
        sim    COAX_BUILD_SIM
        sqlite COAX_WITH_SQLITE
        tools  COAX_BUILD_CLI
        yaml   COAX_WITH_YAML_CPP
        zstd   COAX_WITH_ZSTD
)

vcpkg_find_acquire_program(PKGCONFIG)
vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        ${FEATURE_OPTIONS}
        -DCOAX_BUILD_TESTS=OFF
        -DCOAX_BUILD_EXAMPLES=OFF
        -DCOAX_INSTALL=ON
        "-DPKG_CONFIG_EXECUTABLE=${PKGCONFIG}"
    OPTIONS_DEBUG
        -DCOAX_BUILD_CLI=OFF
)

vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/coax)
vcpkg_fixup_pkgconfig()
if("tools" IN_LIST FEATURES)
    vcpkg_copy_tools(TOOL_NAMES coax AUTO_CLEAN)
endif()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
