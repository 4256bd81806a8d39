#pragma once

#include <string_view>

namespace noema::report {

/// The page's own files, embedded when the library is built: report.html, report.css, and the scripts in the order in
/// which inspect/CMakeLists.txt lists them.
std::string_view html_asset();
std::string_view css_asset();
std::string_view script_asset();

}  // namespace noema::report
