# The installed package: programs, runtime, header, and what find_package(resnetc) needs.
include(CMakePackageConfigHelpers)
set(package_dir lib/cmake/resnetc)
set(programs resnetc resnetc-run)

# LLVM and MLIR are the system's. Halide comes from the project's .venv, which an installed compiler must not need.
set_target_properties(${programs} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON INSTALL_RPATH "$ORIGIN/../lib")
install(IMPORTED_RUNTIME_ARTIFACTS Halide::Halide LIBRARY DESTINATION lib)
# Not lib/x86_64-linux-gnu and the like: resnetc looks for the runtime in ../lib.
install(TARGETS ${programs} resnetc_runtime EXPORT resnetcTargets
  RUNTIME DESTINATION bin ARCHIVE DESTINATION lib INCLUDES DESTINATION include)
install(FILES ${PROJECT_SOURCE_DIR}/runtime/resnetc_runtime.h DESTINATION include)
install(EXPORT resnetcTargets NAMESPACE resnetc:: DESTINATION ${package_dir})

configure_package_config_file(resnetcConfig.cmake.in resnetcConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(resnetcConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES resnetcAddModel.cmake ${CMAKE_CURRENT_BINARY_DIR}/resnetcConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/resnetcConfigVersion.cmake DESTINATION ${package_dir})
