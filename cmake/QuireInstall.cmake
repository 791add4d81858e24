# bin/quire, share/quire/models, the headers under include/quire, the static libraries, and a package that makes
# find_package(quire) give quire::quire, which is all of them.
include(CMakePackageConfigHelpers)

get_property(libraries GLOBAL PROPERTY QUIRE_LIBRARIES)
add_library(quire_all INTERFACE)
set_target_properties(quire_all PROPERTIES EXPORT_NAME quire)
target_link_libraries(quire_all INTERFACE ${libraries})
add_library(quire::quire ALIAS quire_all)

if(TARGET quire)
  install(TARGETS quire RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()
install(TARGETS ${libraries} quire_all EXPORT quire-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT quire-targets NAMESPACE quire:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/quire)
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/checker/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/quire
  FILES_MATCHING PATTERN "*.h" PATTERN "*.def" PATTERN "test" EXCLUDE)
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/models
  DESTINATION ${CMAKE_INSTALL_DATADIR}/quire COMPONENT program
  FILES_MATCHING PATTERN "*.quire")
if(IS_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/docs/schemas)
  install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/docs/schemas DESTINATION ${CMAKE_INSTALL_DATADIR}/quire COMPONENT program)
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/quire-config.cmake.in ${CMAKE_BINARY_DIR}/cmake/quire-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/quire
  PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cmake/quire-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_BINARY_DIR}/cmake/quire-config.cmake
  ${CMAKE_BINARY_DIR}/cmake/quire-config-version.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindZ3.cmake
  ${CMAKE_CURRENT_LIST_DIR}/QuireAddCheck.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/quire)
