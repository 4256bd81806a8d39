#pragma once

#include <filesystem>

#include "nn/formats/gguf.h"
#include "nn/model/language_model.h"

namespace noema {

/// A language model that somebody else trained, with our names and layouts.
struct ImportedModel {
  LanguageModelConfig config;
  TensorMap tensors;  ///< fp32
};

/// A model of the Llama family out of a GGUF file. Throws Error for other architectures, for settings that our
/// transformer does not have (scaled rotary positions, other activations), for missing or misshapen tensors, and for
/// tensors that our transformer has no place for (biases).
ImportedModel import_gguf(const GgufFile& file);

/// GPT-2 or Llama out of a Hugging Face folder: config.json and its safetensors, in one file or several. Throws Error
/// as import_gguf does.
ImportedModel import_hugging_face(const std::filesystem::path& folder);

}  // namespace noema
