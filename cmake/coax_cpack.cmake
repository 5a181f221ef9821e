# Read by cpack for each generator: an archive holds a folder of its own, a Debian package what belongs into the system's.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
    set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
else()
    set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own, the first line of its description
endif()
