# Manual pages, and a Debian package: `cpack` in the build directory leaves quire_VERSION_ARCH.deb there. The pages need scdoc,
# the package dpkg-shlibdeps; without them, there are none.
find_program(QUIRE_SCDOC scdoc)
mark_as_advanced(QUIRE_SCDOC)
if(QUIRE_SCDOC AND TARGET quire)
  set(pages)
  foreach(command "" check ask necessity mutants trace list explain fmt init sim lsp completions verify-proof)
    set(name quire)
    if(command)
      set(name quire-${command})
    endif()
    set(page ${CMAKE_BINARY_DIR}/man/${name}.1)
    add_custom_command(OUTPUT ${page}.gz
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
      COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/man_page.sh $<TARGET_FILE:quire> ${command} > ${page}.scd
      COMMAND ${CMAKE_COMMAND} -E env SOURCE_DATE_EPOCH=0 ${QUIRE_SCDOC} < ${page}.scd > ${page}
      COMMAND gzip -9nf ${page}
      DEPENDS quire ${CMAKE_CURRENT_LIST_DIR}/man_page.sh
      VERBATIM)
    list(APPEND pages ${page}.gz)
  endforeach()
  add_custom_target(man ALL DEPENDS ${pages})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program OPTIONAL)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME quire)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Quire maintainers <maintainers@quire.example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "model checker for memory-management protocols")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Quire checks protocols, written as the kernel's own C, in every
interleaving of their threads, and shows the shortest one that goes wrong:
use after free, lost references, deadlocks, broken invariants, and why
nothing prevented it.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_STRIP_FILES ON)
# The program alone; who builds against the libraries installs them from the source.
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_CURRENT_SOURCE_DIR}/LICENSE)

# What Debian asks of every package.
file(WRITE ${CMAKE_BINARY_DIR}/debian/copyright
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: quire

Files: *
Copyright: 2026 the Quire authors
License: Apache-2.0
 On Debian systems, the full text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
")
string(CONFIGURE
"quire (@PROJECT_VERSION@) unstable; urgency=medium

  * See CHANGELOG.md in the source.

 -- Quire maintainers <maintainers@quire.example.org>  Thu, 01 Jan 2026 00:00:00 +0000
" changelog @ONLY)
file(WRITE ${CMAKE_BINARY_DIR}/debian/changelog "${changelog}")
execute_process(COMMAND gzip -9nkf ${CMAKE_BINARY_DIR}/debian/changelog)
install(FILES ${CMAKE_BINARY_DIR}/debian/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/quire COMPONENT program)
install(FILES ${CMAKE_BINARY_DIR}/debian/changelog.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/quire COMPONENT program)
include(CPack)
