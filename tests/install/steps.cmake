# What the scripts beside this file share. They are given -DSOURCE (this folder), -DWORK (theirs), -DGENERATOR, -DCXX and -DLINKER_FLAGS.
cmake_minimum_required(VERSION 3.25)

# run(<command>...): its output is in `output`.
function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

# expect(<regular expression> <command>...)
function(expect wanted)
    run(${ARGN})
    message("${output}")
    if(NOT output MATCHES "${wanted}")
        message(FATAL_ERROR "${ARGN} printed: ${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

# configure(<folder> <build folder> <arguments>...)
function(configure folder build)
    run(${CMAKE_COMMAND} -S ${folder} -B ${build} -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX}
        -DCMAKE_EXE_LINKER_FLAGS=${LINKER_FLAGS} -DCMAKE_SHARED_LINKER_FLAGS=${LINKER_FLAGS} ${ARGN})
    set(output "${output}" PARENT_SCOPE)
endfunction()
