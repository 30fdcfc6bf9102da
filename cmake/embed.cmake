# The webmail in the binary. web/dist is made by web's own build (Node); where it is absent a plain page is embedded instead.
set(POSTHORN_WEB_DIST ${CMAKE_SOURCE_DIR}/web/dist CACHE PATH "The built webmail, or a folder that is not there")

# posthorn_embed(TARGET folder): adds the files of the folder to a target as http::embedded_files().
function(posthorn_embed target folder)
  # Looked for at each build, so that a webmail built later is taken.
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*)
  set(made ${CMAKE_CURRENT_BINARY_DIR}/embedded_files.cpp)
  add_custom_command(OUTPUT ${made} COMMAND ${CMAKE_SOURCE_DIR}/tools/embed_files ${folder} ${made}
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/tools/embed_files VERBATIM)
  # The assembler reads the files: what it made is old when they change.
  set_source_files_properties(${made} PROPERTIES OBJECT_DEPENDS "${files}")
  target_sources(${target} PRIVATE ${made})
endfunction()
