# `cmake --install` gives the program, the libraries with headers, the cards, and a package for find_package(mho).
include(CMakePackageConfigHelpers)
get_property(libraries GLOBAL PROPERTY MHO_LIBRARIES)
install(TARGETS mho RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ${libraries} EXPORT mho-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT mho-targets NAMESPACE mho:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mho)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/cards DESTINATION ${CMAKE_INSTALL_DATADIR}/mho)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/mhoConfig.cmake.in ${CMAKE_BINARY_DIR}/mhoConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mho PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/mhoConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/mhoConfig.cmake ${CMAKE_BINARY_DIR}/mhoConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/MhoPlainPackages.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mho)
