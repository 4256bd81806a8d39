// Where vocabularies of byte-level tokenizers come from.

#include "base/error.h"
#include "base/file.h"
#include "text/byte_level_tokenizer.h"

namespace noema {
namespace {

using nlohmann::json;
using Merge = std::pair<std::string, std::string>;

std::string text_in(const json& value, const std::string& where) {
  if (value.is_string()) return value.get<std::string>();
  throw Error({where, "texts", value.type_name(), "the vocabulary is damaged"});
}

const json& list_in(const json& object, const char* key, const std::string& where) {
  if (object.is_object() && object.contains(key) && object[key].is_array()) return object[key];
  throw Error({where, std::string("a list \"") + key + "\"", "none", "the vocabulary is incomplete"});
}

std::vector<std::string> texts_in(const json& object, const char* key, const std::string& where) {
  std::vector<std::string> texts;
  for (const json& text : list_in(object, key, where)) texts.push_back(text_in(text, where + ": " + key));
  return texts;
}

/// "a b" or ["a", "b"].
Merge merge_in(const json& value, const std::string& where) {
  if (value.is_array() && value.size() == 2) return {text_in(value[0], where), text_in(value[1], where)};
  const std::string text = text_in(value, where);
  const auto space = text.find(' ');
  if (space == std::string::npos) throw Error({where, "two tokens", printable(text), "the merges are damaged"});
  return {text.substr(0, space), text.substr(space + 1)};
}

std::vector<Merge> merges_in(const json& object, const char* key, const std::string& where) {
  std::vector<Merge> merges;
  for (const json& merge : list_in(object, key, where)) merges.push_back(merge_in(merge, where + ": " + key));
  return merges;
}

Error unknown_pre_tokenizer(const std::string& where, const std::string& found) {
  return Error({where + ": pre-tokenizer", "that of GPT-2 or SmolLM", printable(found),
                "texts would be cut in another way; this tokenizer cannot be imported"});
}

bool is_byte_level(const json& pre_tokenizer) {
  return pre_tokenizer.is_object() && pre_tokenizer.value("type", json()) == "ByteLevel" &&
         pre_tokenizer.value("add_prefix_space", json(true)) == false &&
         pre_tokenizer.value("use_regex", json(true)) == true;
}

PreTokenizer pre_tokenizer_in(const json& tokenizer, const std::string& where) {
  const auto given = json_member<json>(tokenizer, "pre_tokenizer", where);
  if (is_byte_level(given)) return PreTokenizer::gpt2;
  const json parts = given.is_object() ? given.value("pretokenizers", json::array()) : json::array();
  const bool is_digits = parts.is_array() && parts.size() == 2 && parts[0].is_object() &&
                         parts[0].value("type", json()) == "Digits" &&
                         parts[0].value("individual_digits", json()) == true && is_byte_level(parts[1]);
  if (is_digits) return PreTokenizer::digits;
  throw unknown_pre_tokenizer(where, given.dump(-1, ' ', false, json::error_handler_t::replace));
}

/// {"token": id, …} and the added tokens, as a list by id without gaps.
std::vector<std::string> tokens_by_id(const json& vocab, const json& added, const std::string& where) {
  if (!vocab.is_object()) throw Error({where + ": vocab", "an object", vocab.type_name(), ""});
  const std::size_t most = vocab.size() + added.size();
  std::vector<std::string> tokens;
  const auto put = [&](const std::string& token, std::size_t id) {
    if (id >= most) throw Error({where, "token ids below " + std::to_string(most), std::to_string(id), ""});
    if (tokens.size() <= id) tokens.resize(id + 1);
    tokens[id] = token;
  };
  for (const auto& [token, id] : vocab.items()) {
    put(token, json_member<std::size_t>(vocab, token, where + ": vocab"));
  }
  for (const json& one : added) {
    put(json_member<std::string>(one, "content", where), json_member<std::size_t>(one, "id", where));
  }
  return tokens;
}

}  // namespace

ByteLevelVocabulary hugging_face_vocabulary(const json& tokenizer, const std::string& where) {
  const auto model = json_member<json>(tokenizer, "model", where);
  const auto normalizer = json_member<json>(tokenizer, "normalizer", where);
  if (json_member<std::string>(model, "type", where) != "BPE" || !normalizer.is_null()) {
    throw Error(
        {where, "byte-pair encoding without a normalizer", "another kind", "this tokenizer cannot be imported"});
  }
  const json& added = list_in(tokenizer, "added_tokens", where);
  ByteLevelVocabulary vocabulary;
  vocabulary.pre_tokenizer = pre_tokenizer_in(tokenizer, where);
  vocabulary.tokens = tokens_by_id(json_member<json>(model, "vocab", where), added, where);
  vocabulary.merges = merges_in(model, "merges", where);
  for (const json& one : added) vocabulary.control.push_back(json_member<TokenId>(one, "id", where));
  return vocabulary;
}

ByteLevelVocabulary gguf_vocabulary(const json& settings, const std::string& where) {
  constexpr std::int64_t kNormal = 1;
  const auto model = json_member<std::string>(settings, "tokenizer.ggml.model", where);
  if (model != "gpt2") {
    throw Error(
        {where + ": tokenizer.ggml.model", "gpt2 (byte-level)", printable(model), "this tokenizer cannot be imported"});
  }
  ByteLevelVocabulary vocabulary;
  const auto pre = json_member<std::string>(settings, "tokenizer.ggml.pre", where);
  if (pre != "gpt-2" && pre != "smollm") throw unknown_pre_tokenizer(where, pre);
  vocabulary.pre_tokenizer = pre == "smollm" ? PreTokenizer::digits : PreTokenizer::gpt2;
  vocabulary.tokens = texts_in(settings, "tokenizer.ggml.tokens", where);
  vocabulary.merges = merges_in(settings, "tokenizer.ggml.merges", where);
  const json& types = list_in(settings, "tokenizer.ggml.token_type", where);
  if (types.size() != vocabulary.tokens.size()) {
    throw Error({where + ": token_type", std::to_string(vocabulary.tokens.size()) + " types",
                 std::to_string(types.size()), "the vocabulary is damaged"});
  }
  for (std::size_t id = 0; id < types.size(); ++id) {
    if (types[id] != kNormal) vocabulary.control.push_back(static_cast<TokenId>(id));
  }
  return vocabulary;
}

ByteLevelVocabulary stored_vocabulary(const std::string& content, const std::string& where) {
  const json stored = parse_json(content, where);
  ByteLevelVocabulary vocabulary;
  const auto pre = json_member<std::string>(stored, "pre_tokenizer", where);
  if (pre != "gpt2" && pre != "digits") throw unknown_pre_tokenizer(where, pre);
  vocabulary.pre_tokenizer = pre == "digits" ? PreTokenizer::digits : PreTokenizer::gpt2;
  vocabulary.tokens = texts_in(stored, "tokens", where);
  vocabulary.merges = merges_in(stored, "merges", where);
  for (const json& id : list_in(stored, "control", where)) {
    if (!id.is_number_integer()) throw Error({where + ": control", "token ids", id.type_name(), ""});
    vocabulary.control.push_back(json_member<TokenId>({{"id", id}}, "id", where));
  }
  return vocabulary;
}

std::unique_ptr<Tokenizer> parse_byte_level_tokenizer(const std::string& content, const std::string& where) {
  return make_byte_level_tokenizer(stored_vocabulary(content, where), where);
}

}  // namespace noema
