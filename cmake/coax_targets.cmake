# What every target of this project shares, and the one way in which a room joins the library.

# Warnings and sanitizers: linked privately, never seen by users. That a warning is an error is a matter of the presets.
add_library(coax_dev INTERFACE)
target_compile_options(coax_dev INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Woverloaded-virtual $<$<BOOL:${COAX_WERROR}>:-Werror>
    # GCC blames a class for the base that Boost.System gives it (error_category); -Wall warns where such a class is deleted.
    $<$<CXX_COMPILER_ID:Clang>:-Wnon-virtual-dtor>
    # Clang warns of every `auto x = ghost` in the reflection of members; GCC of designated initializers with defaults.
    $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-field-initializers>
    # It also takes any reference got from a call with a temporary for dangling, a coroutine's frame for a type of a header
    # (subobject-linkage), and the if inside EXPECT_EQ for one that could take the reader's else.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-missing-field-initializers -Wno-dangling-reference -Wno-subobject-linkage -Wno-dangling-else>)
if(COAX_UNITY)
    target_compile_options(coax_dev INTERFACE -Wno-shadow)  # a local of one source and a constant of another
endif()
if(COAX_SANITIZE)
    target_compile_options(coax_dev INTERFACE -fsanitize=${COAX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(coax_dev INTERFACE -fsanitize=${COAX_SANITIZE})
endif()

# coax_room(<target> HEADERS <paths below include/> SOURCES <paths below the current folder>)
function(coax_room target)
    cmake_parse_arguments(PARSE_ARGV 1 room "" "" "HEADERS;SOURCES")
    list(TRANSFORM room_HEADERS PREPEND ${PROJECT_SOURCE_DIR}/include/)
    target_sources(${target} PUBLIC FILE_SET HEADERS FILES ${room_HEADERS})
    list(TRANSFORM room_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    target_sources(${target} PRIVATE ${room_SOURCES})
endfunction()

# coax_package_headers(<package> <sources>...): the folders of a pkg-config package's headers, for the sources of coax that include them alone:
# they would be others for all of coax. Not those of the compiler, which would then come before the standard library's.
function(coax_package_headers package)
    set(folders ${${package}_INCLUDE_DIRS})
    list(REMOVE_ITEM folders /usr/include ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
    set_source_files_properties(${ARGN} TARGET_DIRECTORY coax PROPERTIES INCLUDE_DIRECTORIES "${folders}")
endfunction()

# coax_hide_private(<target>): a shared library shows what its public headers declare, and what rooms offer other rooms, since the program and
# the simulator are linked to it as users are; by marks that the build puts into copies of these headers. Tests use private names, too: a
# library that is built with them shows all.
function(coax_hide_private target)
    get_target_property(type ${target} TYPE)
    if(NOT type STREQUAL "SHARED_LIBRARY" OR COAX_BUILD_TESTS)
        return()
    endif()
    set(shown ${PROJECT_BINARY_DIR}/shown)
    foreach(from IN ITEMS "include coax/*.hpp" "src */internal/*.hpp")
        string(REPLACE " " ";" from ${from})
        list(POP_FRONT from folder)
        file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/${from})
        add_custom_command(OUTPUT ${shown}/${folder}.stamp DEPENDS ${headers} ${PROJECT_SOURCE_DIR}/cmake/mark_shown.cmake VERBATIM
            COMMAND ${CMAKE_COMMAND} -DFROM=${PROJECT_SOURCE_DIR}/${folder} -DTO=${shown}/${folder} -DPATTERNS=${from}
                -DSTAMP=${shown}/${folder}.stamp -P ${PROJECT_SOURCE_DIR}/cmake/mark_shown.cmake)
        list(APPEND stamps ${shown}/${folder}.stamp)
        target_include_directories(${target} BEFORE PRIVATE ${shown}/${folder})
    endforeach()
    add_custom_target(${target}_shown DEPENDS ${stamps})
    add_dependencies(${target} ${target}_shown)
    set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()

# coax_precompile(<target> <headers>...): with COAX_PCH, saves each source the parsing of these. Sources stay complete without.
function(coax_precompile target)
    if(COAX_PCH)
        target_precompile_headers(${target} PRIVATE ${ARGN})
    endif()
endfunction()
