# How every target of sluice is built: one static library a folder, warnings are errors.

set(SLUICE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Woverloaded-virtual -Wunused-result -Werror)

# sluice_compile_options(TARGET): language level, warnings, sanitizers.
function(sluice_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE ${SLUICE_WARNINGS})
  if(SLUICE_SANITIZE)
    list(JOIN SLUICE_SANITIZE "," _sanitizers)
    # -fno-sanitize=null: CAF 0.17 binds a null reference when an actor without
    # arguments is spawned (caf/detail/init_fun_factory.hpp).
    target_compile_options(${target} PUBLIC -fsanitize=${_sanitizers} -fno-sanitize=null
      -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${_sanitizers})
    # GCC 12 sees uninitialized reads where a sanitizer keeps it from following a variant
    # (GCC bug 105616); the optimized build keeps the warning.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  endif()
  if(SLUICE_FUZZ)
    target_compile_options(${target} PUBLIC -fsanitize=fuzzer-no-link)
  endif()
  if(SLUICE_COVERAGE)
    target_compile_options(${target} PUBLIC --coverage)
    target_link_options(${target} PUBLIC --coverage)
  endif()
endfunction()

# sluice_library(NAME FOLDER_SOURCES... LINK targets...): the library of one folder,
# known as sluice::NAME. Includes are relative to the root of the repository.
function(sluice_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_library(sluice_${name} STATIC ${arg_SOURCES})
  add_library(sluice::${name} ALIAS sluice_${name})
  sluice_compile_options(sluice_${name})
  target_include_directories(sluice_${name}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
           $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(sluice_${name} PUBLIC ${arg_LINK})
  set_target_properties(sluice_${name} PROPERTIES EXPORT_NAME ${name})
  set_property(GLOBAL APPEND PROPERTY SLUICE_LIBRARIES sluice_${name})
endfunction()
