#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>

#include "tasks/document.h"
#include "text/segmenter.h"

namespace noema {

/// How texts are cut into documents.
struct DocumentOptions {
  std::size_t longest = 32;          ///< sentences; a longer chapter becomes several, about equally long
  bool lines_are_paragraphs = true;  ///< then an empty line ends a chapter; else it ends a paragraph, and a file is one
                                     ///< chapter
  ProseOptions prose{.max_length = 240};
};

/// What became of texts.
struct DocumentCounts {
  std::size_t files = 0, chapters = 0, documents = 0, sentences = 0;
  std::size_t left_out = 0;  ///< chapters of fewer than two sentences
};

/// Cuts a file, or every .txt file below a folder in the order of their paths, into documents, none of which goes over
/// the end of a chapter. Throws Error for what is no text (with the offset of the first byte that is not UTF-8), for a
/// folder without any, and where `longest` is below 2.
DocumentCounts cut_documents(const std::filesystem::path& path, const DocumentOptions& options,
                             const std::function<void(const Document&)>& take);

}  // namespace noema
