#pragma once

#include <string_view>

namespace noema::stories {

std::string_view name_lists();  ///< words/names.txt
std::string_view noun_lists();  ///< words/nouns.txt

}  // namespace noema::stories
