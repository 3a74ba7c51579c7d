# What an installed sluice is: the libraries, the public headers, the tool and a CMake
# package, so that `find_package(sluice)` gives `sluice::sluice`.
include(CMakePackageConfigHelpers)

set(_sluice_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/sluice")
get_property(_sluice_libraries GLOBAL PROPERTY SLUICE_LIBRARIES)
set(_sluice_programs "")
if(TARGET sluice)
  set(_sluice_programs sluice)
endif()

install(TARGETS ${_sluice_libraries} sluice_umbrella EXPORT sluiceTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(_sluice_programs)
  install(TARGETS ${_sluice_programs} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/sluice" TYPE INCLUDE
  FILES_MATCHING PATTERN "*.hpp")

install(EXPORT sluiceTargets NAMESPACE sluice:: DESTINATION "${_sluice_cmake_dir}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/sluiceConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/cmake/sluiceConfig.cmake"
  INSTALL_DESTINATION "${_sluice_cmake_dir}")
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cmake/sluiceConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/cmake/sluiceConfig.cmake"
  "${PROJECT_BINARY_DIR}/cmake/sluiceConfigVersion.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/FindCAF.cmake"
  DESTINATION "${_sluice_cmake_dir}")

# All that `cmake --install` needs, and nothing else (no tests, no benchmarks).
add_custom_target(installable DEPENDS ${_sluice_libraries} ${_sluice_programs})
