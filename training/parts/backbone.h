#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "nn/model/language_model.h"
#include "text/tokenizer.h"

namespace noema {

/// A language model trained before, out of a bundle: what the stages of a recipe start from instead of nothing. It
/// brings its architecture and its tokenizer with it.
struct Backbone {
  std::string name;            ///< of its folder
  std::filesystem::path file;  ///< that its weights were read from
  std::string sha256;          ///< of that file
  LanguageModelConfig config;
  TensorMap tensors;  ///< fp32, named as a LanguageModel names them; not to be changed
  std::shared_ptr<const Tokenizer> tokenizer;
};

/// The chain of the bundle in `folder`. Throws Error when it has none, or one that does not fit what noema.json says.
Backbone read_backbone(const std::filesystem::path& folder);

}  // namespace noema
