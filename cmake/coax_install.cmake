include(CMakePackageConfigHelpers)

set_target_properties(coax PROPERTIES EXPORT_NAME coax)
install(TARGETS coax EXPORT coax_targets FILE_SET HEADERS)
