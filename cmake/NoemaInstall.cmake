# cmake --install: the program, the libraries with their headers, and a package config (find_package(noema)).

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/noema)
set(model_dir ${CMAKE_INSTALL_DATADIR}/noema/models)
foreach(folder base text tasks nn sentence_vae concept_lm training decoding inspect)
  if(TARGET noema_${folder})
    install(TARGETS noema_${folder} EXPORT noemaTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/noema
        FILES_MATCHING PATTERN "*.h")
  endif()
endforeach()
if(TARGET noema_cuda)
  install(TARGETS noema_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
if(TARGET noema)
  install(TARGETS noema RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/models/ DESTINATION ${model_dir})

install(EXPORT noemaTargets NAMESPACE noema:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/noemaConfig.cmake.in
    ${PROJECT_BINARY_DIR}/noemaConfig.cmake INSTALL_DESTINATION ${package_dir} PATH_VARS model_dir)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/noemaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
    ${PROJECT_BINARY_DIR}/noemaConfig.cmake
    ${PROJECT_BINARY_DIR}/noemaConfigVersion.cmake
    ${PROJECT_SOURCE_DIR}/cmake/NoemaDependencies.cmake
    ${PROJECT_SOURCE_DIR}/cmake/FindTorch.cmake
    ${PROJECT_SOURCE_DIR}/cmake/FindSentencePiece.cmake
    DESTINATION ${package_dir})
