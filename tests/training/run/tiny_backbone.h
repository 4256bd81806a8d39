#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <string>

#include "base/file.h"
#include "concept_lm/bundle_folder.h"
#include "concept_lm/part_kinds.h"
#include "nn/model/language_model.h"
#include "text/byte_level_tokenizer.h"

namespace noema {

/// Every character of ASCII texts is a token of its own, as in a vocabulary of GPT-2 without merges.
inline std::unique_ptr<Tokenizer> tiny_byte_tokenizer() {
  ByteLevelVocabulary vocabulary;
  for (char c = '!'; c <= '~'; ++c) vocabulary.tokens.emplace_back(1, c);
  vocabulary.tokens.insert(vocabulary.tokens.end(), {"\u0120", "\u010a"});  // the space and the newline
  return make_byte_level_tokenizer(vocabulary, "tiny");
}

inline LanguageModelConfig tiny_backbone_config() {
  LanguageModelConfig config{tiny_byte_tokenizer()->vocab_size(), llama_style(2, 16, 2, 1, 24, 64)};
  config.tied = false;  // unlike anything that a recipe makes by itself
  return config;
}

/// Writes a bundle as `noema import` does, of random weights by `seed`, and returns what was written.
inline TensorMap save_tiny_backbone(const std::filesystem::path& folder, std::uint64_t seed = 3) {
  const LanguageModelConfig config = tiny_backbone_config();
  Weights weights(seed);
  const LanguageModel model(config, weights);
  const nlohmann::json architecture = part_architecture(config, kLanguageModelPart);
  save_bundle(folder, "text", {{"imported_from", "nowhere"}}, *tiny_byte_tokenizer(),
              {{"chain", architecture, weights.tensors()}});
  TensorMap written;
  for (const auto& [name, tensor] : weights.tensors()) written[name] = tensor.to(torch::kBFloat16);
  return written;
}

/// A recipe that starts from the backbone in `folder` and learns a few short questions; `stages` are its tables from
/// [model] on, whose name and backbone are there already.
inline std::string backbone_recipe(const std::filesystem::path& folder, const std::string& stages) {
  const std::string train = (folder.parent_path() / "train.json").string();
  const std::string valid = (folder.parent_path() / "valid.json").string();
  write_file(train, R"([{"question": "2 and 3?", "steps": ["2+3=5"], "answer": "5"},
    {"question": "4 and 4?", "steps": ["4+4=8"], "answer": "8"},
    {"question": "1, 2 and 3?", "steps": ["1+2=3", "3+3=6"], "answer": "6"}])");
  write_file(valid, R"([{"question": "3 and 4?", "steps": ["3+4=7"], "answer": "7"}])");
  return "name = \"tiny\"\ntask = \"gsm8k\"\nseed = 5\nout = \"unused\"\n[data]\nmax_tokens = 64\ntrain = \"" + train +
         "\"\nvalid = \"" + valid + "\"\n[model]\nbackbone = \"" + folder.string() + "\"\n" + stages;
}

}  // namespace noema
