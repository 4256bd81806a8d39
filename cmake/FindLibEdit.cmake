# Target LibEdit::edit: line editing for the interactive commands.

find_path(LibEdit_INCLUDE_DIR histedit.h)
find_library(LibEdit_LIBRARY edit)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibEdit REQUIRED_VARS LibEdit_LIBRARY LibEdit_INCLUDE_DIR)

if(LibEdit_FOUND AND NOT TARGET LibEdit::edit)
  add_library(LibEdit::edit INTERFACE IMPORTED)
  target_include_directories(LibEdit::edit INTERFACE ${LibEdit_INCLUDE_DIR})
  target_link_libraries(LibEdit::edit INTERFACE ${LibEdit_LIBRARY})
endif()
