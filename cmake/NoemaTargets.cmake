# noema_library and noema_test: what a folder's CMakeLists.txt says is only what it links.

# Torch's headers take ten seconds to compile; clang reads them precompiled in one or two. One precompiled header is
# built and shared by all targets. With g++ it is half a gigabyte and helps little.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/torch_pch.cpp CONTENT "// Carries the precompiled header.\n")
  add_library(noema_torch_pch OBJECT ${PROJECT_BINARY_DIR}/torch_pch.cpp)
  target_link_libraries(noema_torch_pch PRIVATE Torch::torch)
  target_precompile_headers(noema_torch_pch PRIVATE <torch/torch.h>)
  # A header restored from ccache must not be refused for its time.
  target_compile_options(noema_torch_pch PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
endif()

# Compiles `target` with Torch's headers precompiled.
function(noema_use_torch target)
  if(TARGET noema_torch_pch)
    target_precompile_headers(${target} REUSE_FROM noema_torch_pch)
    target_compile_options(${target} PRIVATE "SHELL:$<$<COMPILE_LANGUAGE:CXX>:-Xclang -fno-pch-timestamp>")
  endif()
  set_target_properties(${target} PROPERTIES NOEMA_TORCH ON)
endfunction()

# noema_library(<folder> [TORCH] [LINKS <target>...]): the library noema_<folder> of all sources in this folder but
# main.cpp. TORCH for folders that include Torch's headers.
function(noema_library folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH" "" "LINKS")
  set(target noema_${folder})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp */*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$|/cuda/")
  if(arg_TORCH)
    list(APPEND arg_LINKS Torch::torch)
  endif()

  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:noema_warnings>)
    if(arg_TORCH)
      noema_use_torch(${target})
    endif()
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(noema::${folder} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${folder})
  target_compile_features(${target} ${scope} cxx_std_20)
  target_include_directories(${target} ${scope}
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/noema>)
  target_link_libraries(${target} ${scope} ${arg_LINKS})
endfunction()

# noema_test(<folder>): the program test_<folder> of the *_test.cpp in tests/<folder>/ and its folders. It runs in shards,
# not test by test, since loading libtorch takes longer than most tests do.
function(noema_test folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp ${folder}/*/*.cpp)
  if(NOT sources OR NOT TARGET noema_${folder})
    return()
  endif()
  set(target test_${folder})
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE noema_${folder} noema_warnings GTest::gtest_main)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${target} PRIVATE NOEMA_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
      NOEMA_SOURCE_FOLDER="${PROJECT_SOURCE_DIR}")
  get_target_property(torch noema_${folder} NOEMA_TORCH)
  if(torch)
    noema_use_torch(${target})
  endif()
  set(shards 4)
  math(EXPR last "${shards} - 1")
  foreach(shard RANGE ${last})
    add_test(NAME ${folder}.${shard} COMMAND ${target})
    set_tests_properties(${folder}.${shard} PROPERTIES TIMEOUT 900
        ENVIRONMENT "GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${shard}")
  endforeach()
endfunction()
