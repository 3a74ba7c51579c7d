function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE _status COMMAND_ECHO STDOUT)
  if(NOT _status EQUAL 0)
    message(FATAL_ERROR "${what}: ${_status}")
  endif()
endfunction()

file(REMOVE_RECURSE "${PLACE}")
run("install" "${CMAKE_COMMAND}" --install "${SLUICE_BUILD}" --prefix "${PLACE}/prefix")
run("configure" "${CMAKE_COMMAND}" -S "${CONSUMER}" -B "${PLACE}/build" -G "${GENERATOR}"
  "-DCMAKE_PREFIX_PATH=${PLACE}/prefix" "-DCMAKE_CXX_COMPILER=${CXX}"
  "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" "-DEXPECTED_VERSION=${SLUICE_VERSION}")
run("build" "${CMAKE_COMMAND}" --build "${PLACE}/build")
run("run" "${PLACE}/build/consumer")

file(GLOB _tool "${PLACE}/prefix/bin/sluice")
if(_tool)
  run("installed tool" "${_tool}" --version)
endif()
