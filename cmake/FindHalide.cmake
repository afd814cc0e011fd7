# The Halide of the PyPI wheel: its own CMake package wants a newer CMake than Debian bookworm has.
# Set Halide_ROOT to the wheel's folder, or have the project's .venv (tools/check makes it). Defines Halide::Halide.
file(GLOB _venv ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/halide)
find_path(Halide_INCLUDE_DIR Halide.h HINTS ${Halide_ROOT} ${_venv} PATH_SUFFIXES include)
find_library(Halide_LIBRARY Halide HINTS ${Halide_ROOT} ${_venv} PATH_SUFFIXES lib64 lib)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Halide REQUIRED_VARS Halide_LIBRARY Halide_INCLUDE_DIR)
if(Halide_FOUND AND NOT TARGET Halide::Halide)
  add_library(Halide::Halide SHARED IMPORTED)
  set_target_properties(Halide::Halide PROPERTIES IMPORTED_LOCATION ${Halide_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Halide_INCLUDE_DIR})
endif()
