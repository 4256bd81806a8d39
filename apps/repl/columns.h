#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace noema {

/// Prints texts side by side within `width` terminal columns, cell by cell from the top, wrapped at spaces. The first
/// text of each column is its title; the last two stand on the same lines in all columns.
void print_columns(std::ostream& out, const std::vector<std::vector<std::string>>& columns, int width);

}  // namespace noema
