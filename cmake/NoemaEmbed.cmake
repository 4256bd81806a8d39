# noema_embed(<target> <output.cpp> HEADER <header> NAMESPACE <namespace> FUNCTIONS <name>=<file>[,<file>...]...): gives the target a source
# that defines <namespace>::<name>() for each, the content of its files one after the other. Arrays of bytes rather
# than string literals, whose length compilers limit.

# Run as a script: OUTPUT, HEADER, NAMESPACE and FUNCTIONS are given with -D; a bar separates functions.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  set(arrays "")
  set(functions "")
  string(REPLACE "|" ";" FUNCTIONS "${FUNCTIONS}")
  foreach(function IN LISTS FUNCTIONS)
    string(REGEX MATCH "^([a-z_]+)=(.*)$" matched "${function}")
    set(name ${CMAKE_MATCH_1})
    string(REPLACE "," ";" files "${CMAKE_MATCH_2}")
    set(bytes "")
    foreach(file IN LISTS files)
      file(READ "${file}" hex HEX)
      string(APPEND bytes "${hex}")
    endforeach()
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
           bytes "${bytes}")
    string(APPEND arrays "constexpr unsigned char k_${name}[] = {\n${bytes}};\n")
    string(APPEND functions "std::string_view ${name}() { return view(k_${name}, sizeof k_${name}); }\n")
  endforeach()
  file(WRITE "${OUTPUT}" "// Made by cmake/NoemaEmbed.cmake.
#include \"${HEADER}\"\n
namespace ${NAMESPACE} {
namespace {\n
${arrays}
std::string_view view(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}\n
}  // namespace\n
${functions}
}  // namespace ${NAMESPACE}\n")
  return()
endif()

set(NOEMA_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(noema_embed target output)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "HEADER;NAMESPACE" "FUNCTIONS")
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${output})
  string(REPLACE ";" "|" functions "${arg_FUNCTIONS}")
  string(REGEX REPLACE "[a-z_]+=" "" files "${arg_FUNCTIONS}")
  string(REPLACE "," ";" files "${files}")
  add_custom_command(OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -D OUTPUT=${output} -D HEADER=${arg_HEADER} -D NAMESPACE=${arg_NAMESPACE}
              -D "FUNCTIONS=${functions}"
              -P ${NOEMA_EMBED_SCRIPT}
      DEPENDS ${files} ${NOEMA_EMBED_SCRIPT}
      WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
      COMMENT "Embedding ${output}" VERBATIM)
  target_sources(${target} PRIVATE ${output})
  set_source_files_properties(${output} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()
