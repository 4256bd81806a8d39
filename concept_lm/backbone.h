#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/fields.h"
#include "nn/model/language_model.h"
#include "text/tokenizer.h"

namespace noema {

/// How much of a pretrained language model is used.
struct BackboneCut {
  std::int64_t layers = 0;  ///< its first ones, and its final norm; 0: all
  std::int64_t pieces = 0;  ///< the first ones of its tokenizer (see first_pieces); 0: all

  void fields(Fields& fields);
};

/// A language model trained before, out of a bundle: what the stages of a recipe start from instead of nothing. It
/// brings its architecture and its tokenizer with it.
struct Backbone {
  std::string name;    ///< of its folder
  std::string sha256;  ///< of the file that its weights were read from
  LanguageModelConfig config;
  TensorMap tensors;  ///< as they are stored, named as a LanguageModel names them; not to be changed
  std::shared_ptr<const Tokenizer> tokenizer;
  TensorMap whole = {};  ///< the tensors with all of its layers
  std::int64_t whole_layers = 0;
};

/// The chain of the bundle in `folder`, or the part of it that is wanted. Throws Error when there is none, it does not
/// fit what noema.json says, it has fewer layers or no such pieces.
Backbone read_backbone(const std::filesystem::path& folder, const BackboneCut& cut = {});

}  // namespace noema
