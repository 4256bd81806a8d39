#pragma once

#include <string_view>

namespace noema {

/// Whether a serialized sentencepiece model is well-formed down to its normalizers and none of them has rewriting
/// rules. noema's have none; in a hostile file their table would make sentencepiece read outside of its memory.
bool is_free_of_rewriting(std::string_view model);

}  // namespace noema
