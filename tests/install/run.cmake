# Installs the build, then builds and runs the project beside this file, once by find_package and once by pkg-config.
# -DBUILD -DSOURCE -DWORK -DGENERATOR -DCXX -DLINKER_FLAGS
cmake_policy(SET CMP0012 NEW)
set(prefix ${WORK}/prefix)
file(REMOVE_RECURSE ${WORK})

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

function(run_user program)
    run(${program})
    message("${output}")
    if(NOT output MATCHES "the call ended in connect_failed")
        message(FATAL_ERROR "${program} printed: ${output}")
    endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})

run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/by_cmake -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX}
    -DCMAKE_EXE_LINKER_FLAGS=${LINKER_FLAGS} -DCMAKE_PREFIX_PATH=${prefix})
run(${CMAKE_COMMAND} --build ${WORK}/by_cmake)
run_user(${WORK}/by_cmake/user)

file(GLOB_RECURSE pc ${prefix}/coax.pc)
get_filename_component(pc_dir ${pc} DIRECTORY)
# The file names the prefix it was configured for; --define-prefix takes the one it lies in, as in any relocated package.
run(${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${pc_dir} pkg-config --define-prefix --cflags --libs coax)
string(STRIP "${output}" flags)
separate_arguments(flags UNIX_COMMAND "${flags}")
run(${CXX} -std=c++20 ${SOURCE}/main.cpp -o ${WORK}/by_pkg_config ${flags})
run_user(${WORK}/by_pkg_config)

if(EXISTS ${prefix}/bin/coax)
    run(${prefix}/bin/coax --version)
endif()
