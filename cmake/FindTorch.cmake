# Finds libtorch in an unpacked PyPI wheel (see scripts/setup); the package's own config insists on a CUDA toolkit.
#
# NOEMA_TORCH_ROOT, as CMake or environment variable, is the folder that holds `torch/` and `nvidia/`. Targets:
#   Torch::torch  the CPU library; starts on machines without a GPU
#   Torch::cuda   adds its part for GPUs; starts only where CUDA's libraries are (scripts/setup --cuda)

if(NOT NOEMA_TORCH_ROOT AND DEFINED ENV{NOEMA_TORCH_ROOT})
  set(NOEMA_TORCH_ROOT $ENV{NOEMA_TORCH_ROOT})
endif()
if(NOT NOEMA_TORCH_ROOT)
  if(DEFINED ENV{XDG_CACHE_HOME})
    set(NOEMA_TORCH_ROOT $ENV{XDG_CACHE_HOME}/noema/libtorch-2.11.0)
  else()
    set(NOEMA_TORCH_ROOT $ENV{HOME}/.cache/noema/libtorch-2.11.0)
  endif()
endif()

set(Torch_INCLUDE_DIRS ${NOEMA_TORCH_ROOT}/torch/include ${NOEMA_TORCH_ROOT}/torch/include/torch/csrc/api/include)
find_library(Torch_CPU_LIBRARY torch_cpu PATHS ${NOEMA_TORCH_ROOT}/torch/lib NO_DEFAULT_PATH)
find_library(Torch_C10_LIBRARY c10 PATHS ${NOEMA_TORCH_ROOT}/torch/lib NO_DEFAULT_PATH)
# The threads that libtorch computes on, for what noema computes on them (nn/kernels/parallel.cpp).
find_library(Torch_OPENMP_LIBRARY libgomp.so.1 PATHS ${NOEMA_TORCH_ROOT}/torch/lib NO_DEFAULT_PATH)

set(version_file ${NOEMA_TORCH_ROOT}/torch/include/torch/headeronly/version.h)
if(EXISTS ${version_file})
  file(STRINGS ${version_file} lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH)")
  string(REGEX REPLACE "[^0-9;]" "" lines "${lines}")
  string(REPLACE ";" "." Torch_VERSION "${lines}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Torch
    REQUIRED_VARS Torch_CPU_LIBRARY Torch_C10_LIBRARY Torch_OPENMP_LIBRARY
    VERSION_VAR Torch_VERSION
    REASON_FAILURE_MESSAGE "no libtorch in '${NOEMA_TORCH_ROOT}': run scripts/setup, or set NOEMA_TORCH_ROOT")

if(Torch_FOUND AND NOT TARGET Torch::torch)
  add_library(Torch::c10 SHARED IMPORTED)
  set_target_properties(Torch::c10 PROPERTIES IMPORTED_LOCATION ${Torch_C10_LIBRARY})
  add_library(Torch::torch SHARED IMPORTED)
  set_target_properties(Torch::torch PROPERTIES IMPORTED_LOCATION ${Torch_CPU_LIBRARY})
  target_link_libraries(Torch::torch INTERFACE Torch::c10 ${Torch_OPENMP_LIBRARY})
  target_compile_definitions(Torch::torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
  # After the system's headers: the wheel carries a newer fmt, which must not hide the one spdlog is built with.
  foreach(folder ${Torch_INCLUDE_DIRS})
    target_compile_options(Torch::torch INTERFACE "SHELL:$<$<COMPILE_LANGUAGE:CXX,CUDA>:-idirafter ${folder}>")
  endforeach()
endif()

if(Torch_FOUND AND NOT TARGET Torch::cuda AND EXISTS ${NOEMA_TORCH_ROOT}/torch/lib/libtorch_cuda.so)
  add_library(Torch::cuda INTERFACE IMPORTED)
  target_include_directories(Torch::cuda SYSTEM INTERFACE ${NOEMA_TORCH_ROOT}/nvidia/cu13/include)
  # The libraries that libtorch_cuda itself needs may be missing on the machine that builds.
  target_link_options(Torch::cuda INTERFACE -Wl,--allow-shlib-undefined)
  target_link_libraries(Torch::cuda INTERFACE Torch::torch ${NOEMA_TORCH_ROOT}/torch/lib/libtorch_cuda.so
      ${NOEMA_TORCH_ROOT}/torch/lib/libc10_cuda.so ${NOEMA_TORCH_ROOT}/nvidia/cu13/lib/libcudart.so.13)
endif()
