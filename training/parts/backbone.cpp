#include "training/parts/backbone.h"

#include <torch/torch.h>

#include "base/error.h"
#include "concept_lm/bundle_folder.h"
#include "concept_lm/part_kinds.h"

namespace noema {

Backbone read_backbone(const std::filesystem::path& folder) {
  const BundleFolder stored(folder);
  const StoredPart chain = stored.part("chain");
  const std::string where = stored.where() + ": chain";
  if (chain.is_adapter) {
    throw Error(
        {where, "a chain with all of its weights in one file", "an adapter", "start from the backbone it adapts"});
  }
  Backbone backbone{std::filesystem::canonical(folder).filename().string(),
                    chain.file,
                    chain.sha256,
                    from_architecture<LanguageModelConfig>(chain.architecture, kLanguageModelPart, where),
                    {},
                    stored.tokenizer()};
  if (backbone.config.vocab_size != backbone.tokenizer->vocab_size()) {
    throw Error({where, "a vocabulary of " + std::to_string(backbone.tokenizer->vocab_size()) + " as the tokenizer's",
                 std::to_string(backbone.config.vocab_size), "the parts come from different models"});
  }
  for (const auto& [name, tensor] : chain.tensors) backbone.tensors[name] = tensor.to(torch::kFloat32);
  Weights weights(backbone.tensors, chain.file.string());
  const LanguageModel fits(backbone.config, weights);  // throws where names or shapes do not
  return backbone;
}

}  // namespace noema
