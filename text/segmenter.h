#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace noema {

/// Cuts a text into the sentences that noema reasons in. Joined with the separators they came with, the sentences
/// hold every non-space character of the text, in order.
class Segmenter {
 public:
  virtual ~Segmenter() = default;
  virtual std::vector<std::string> split(std::string_view text) const = 0;
};

/// One sentence a line, without the spaces around it; empty lines are dropped.
std::unique_ptr<Segmenter> make_line_segmenter();

/// How prose is cut.
struct ProseOptions {
  std::string locale = "en";     ///< ICU locale of the sentence rules and the abbreviations
  std::size_t max_length = 400;  ///< characters; a longer sentence is split: at a clause, a space, or anywhere
};

/// Sentences of prose by ICU's rules, with abbreviations ("Dr.", "e.g.") not taken for ends of sentences. Empty lines
/// and list items ("- milk", "2. milk") end a sentence, other line breaks count as a space. `split` throws Error with
/// the offset where its text is not UTF-8; this function does when ICU lacks the rules or `max_length` is 0.
std::unique_ptr<Segmenter> make_prose_segmenter(const ProseOptions& options = {});

}  // namespace noema
