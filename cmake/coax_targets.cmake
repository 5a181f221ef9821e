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

# coax_precompile(<target> <headers>...): with COAX_PCH, saves each source the parsing of these. Sources stay complete without.
function(coax_precompile target)
    if(COAX_PCH)
        target_precompile_headers(${target} PRIVATE ${ARGN})
    endif()
endfunction()
