#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "text/tokenizer.h"

namespace noema {

/// How a text is cut before bytes are merged within each piece.
enum class PreTokenizer {
  gpt2,   ///< contractions, words, numbers, and runs of other characters, each with the space before it; white space
  digits  ///< every digit by itself, then as gpt2: SmolLM
};

/// What byte-level byte-pair encoding (as GPT-2 has it) is made of. Tokens and merges are spelled as its files spell
/// them: every byte as one printable character.
struct ByteLevelVocabulary {
  PreTokenizer pre_tokenizer = PreTokenizer::gpt2;
  std::vector<std::string> tokens;                          ///< by id
  std::vector<std::pair<std::string, std::string>> merges;  ///< the first is done first
  std::vector<TokenId> control;                             ///< tokens that stand for no text
};

/// A tokenizer of that vocabulary. Throws Error, naming `where`, when a merge does not fit the tokens, a token occurs
/// twice, a control token is not there, or no token is "\n". Bytes that no token stands for (only such as hardly any
/// text has) are left out of texts. A control token's name in a text is text like any other.
std::unique_ptr<Tokenizer> make_byte_level_tokenizer(const ByteLevelVocabulary& vocabulary, const std::string& where);

/// The same from the JSON that such a tokenizer gives as serialized().
std::unique_ptr<Tokenizer> parse_byte_level_tokenizer(const std::string& content, const std::string& where);

/// The vocabulary in that JSON. Throws Error for other tokenizers.
ByteLevelVocabulary stored_vocabulary(const std::string& content, const std::string& where);

/// The first pieces of a vocabulary. Texts that had others are written with more of these, so none is lost.
struct FirstPieces {
  ByteLevelVocabulary vocabulary;
  std::vector<TokenId> ids;  ///< that its tokens had, by id
};

/// The control tokens, those of single bytes, and what the first merges make: `count` tokens in all, or every one when
/// there are no more. Throws Error, naming `where`, when `count` has no room for the control tokens and bytes.
FirstPieces first_pieces(const ByteLevelVocabulary& vocabulary, std::size_t count, const std::string& where);

/// The vocabulary in Hugging Face's tokenizer.json. Throws Error for other kinds of tokenizers.
ByteLevelVocabulary hugging_face_vocabulary(const nlohmann::json& tokenizer, const std::string& where);

/// The vocabulary among the settings of a GGUF file. Throws Error for other kinds of tokenizers.
ByteLevelVocabulary gguf_vocabulary(const nlohmann::json& settings, const std::string& where);

}  // namespace noema
