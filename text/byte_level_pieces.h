#pragma once

#include <string_view>
#include <vector>

#include "text/byte_level_tokenizer.h"

namespace noema {

/// Cuts a line without line breaks, of well-formed UTF-8, as byte-level tokenizers do before they merge.
std::vector<std::string_view> byte_level_pieces(std::string_view line, PreTokenizer pre_tokenizer);

}  // namespace noema
