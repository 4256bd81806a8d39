# Language level, warnings, and the tools that make builds quick where they are installed.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, RelWithDebInfo or Debug" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
# Where programs look for libnoema_cuda.
set(CMAKE_BUILD_RPATH ${PROJECT_BINARY_DIR}/nn)
set(CMAKE_INSTALL_RPATH $ORIGIN/../${CMAKE_INSTALL_LIBDIR})

# -fPIC everywhere rather than POSITION_INDEPENDENT_CODE, which gives executables -fPIE: a precompiled header
# serves only translation units compiled alike.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fPIC>)

if(NOEMA_SANITIZE)
  set(sanitize -fsanitize=${NOEMA_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer)
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:${sanitize}>")
  add_link_options(${sanitize})
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without these ccache passes by every file that uses a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD AND NOT NOEMA_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

add_library(noema_warnings INTERFACE)
target_compile_options(noema_warnings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow $<$<BOOL:${NOEMA_WERROR}>:-Werror>>)
# g++-12 sees overlapping copies in std::string that are not there (GCC bug 105651).
target_compile_options(noema_warnings INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>)
