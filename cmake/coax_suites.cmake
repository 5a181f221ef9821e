# Read by ctest when it starts: one entry, <subject>.<suite>, for each suite of tests in a program.
# Suites rather than tests: to start a program and its entry costs more than most tests do, and there are thousands.
# With its rows and types a suite is one entry: Retry stands for Retry, Rows/Retry and Retry/0.

# coax_add_suites(<subject> <program> <also long> [<property> <value>...])
function(coax_add_suites subject program also_long)
    if(NOT EXISTS ${program})
        add_test(${subject}.not_built ${program})
        return()
    endif()
    execute_process(COMMAND ${program} --gtest_list_tests OUTPUT_VARIABLE listing RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        add_test(${subject}.not_listed ${program} --gtest_list_tests)
        return()
    endif()
    string(REGEX MATCHALL "\n([^ \n/]+/)?[A-Za-z0-9_]+(/[0-9]+)?\\." lines "\n${listing}")
    set(suites)
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "^\n([^/]+/)?([A-Za-z_][A-Za-z0-9_]*)(/[0-9]+)?\\.$" "\\2" suite "${line}")
        list(APPEND suites ${suite})
    endforeach()
    list(REMOVE_DUPLICATES suites)
    foreach(suite IN LISTS suites)
        set(filter "--gtest_filter=${suite}.*:*/${suite}.*:${suite}/*.*:*/${suite}/*.*")
        add_test(${subject}.${suite} ${program} ${filter})
        set_tests_properties(${subject}.${suite} PROPERTIES ${ARGN})
        if(also_long AND CTEST_CONFIGURATION_TYPE STREQUAL "long")  # ctest -C long, as `ctest --preset long` has it
            add_test(${subject}.${suite}.long ${program} ${filter})
            set_tests_properties(${subject}.${suite}.long PROPERTIES ${ARGN} LABELS long TIMEOUT 3600
                ENVIRONMENT_MODIFICATION COAX_LONG_TESTS=set:1)
        endif()
    endforeach()
endfunction()
