#include "concept_lm/backbone.h"

#include <torch/torch.h>

#include "base/error.h"
#include "base/utf8.h"
#include "concept_lm/bundle_folder.h"
#include "concept_lm/part_kinds.h"
#include "nn/model/index_tensor.h"
#include "text/byte_level_tokenizer.h"

namespace noema {
namespace {

void keep_layers(Backbone& backbone, std::int64_t layers, const std::string& where) {
  std::int64_t& all = backbone.config.transformer.layers;
  if (layers > all) {
    throw Error({where, "at most " + std::to_string(all) + " layers", std::to_string(layers), "take fewer"});
  }
  backbone.tensors = first_layers(backbone.whole, layers);
  all = layers;
}

void keep_pieces(Backbone& backbone, std::int64_t pieces, const std::string& where) {
  const ByteLevelVocabulary all = stored_vocabulary(backbone.tokenizer->serialized(), where);
  const FirstPieces first = first_pieces(all, static_cast<std::size_t>(pieces), where);
  backbone.tokenizer = make_byte_level_tokenizer(first.vocabulary, where);
  backbone.config.vocab_size = backbone.tokenizer->vocab_size();
  const torch::Tensor ids = index_tensor({first.ids.begin(), first.ids.end()}, torch::kCPU);
  for (const char* name : {"embedding.weight", "unembedding.weight"}) {
    const auto found = backbone.tensors.find(name);
    if (found == backbone.tensors.end()) continue;
    found->second = backbone.whole[name] = found->second.index_select(0, ids);
  }
}

}  // namespace

void BackboneCut::fields(Fields& fields) {
  fields.add("backbone_layers", layers, {0, 1024}, "of the backbone that are used, from its first; 0: all");
  fields.add(
      "backbone_pieces", pieces, {0, 1 << 22},
      "of the backbone's tokenizer that are used, in the order of its merges; longer ones are written with these. "
      "Scores cost as much as their number; 0: all");
}

Backbone read_backbone(const std::filesystem::path& folder, const BackboneCut& cut) {
  const BundleFolder stored(folder, BundleFolder::Base::refuse);
  need_utf8(std::filesystem::canonical(folder).filename().string(), "the name of the backbone's folder");
  const StoredPart chain = stored.part("chain");
  const std::string where = stored.where() + ": chain";
  Backbone backbone{std::filesystem::canonical(folder).filename().string(), chain.sha256,
                    from_architecture<LanguageModelConfig>(chain.architecture, kLanguageModelPart, where),
                    chain.tensors, stored.tokenizer()};
  if (backbone.config.vocab_size != backbone.tokenizer->vocab_size()) {
    throw Error({where, "a vocabulary of " + std::to_string(backbone.tokenizer->vocab_size()) + " as the tokenizer's",
                 std::to_string(backbone.config.vocab_size), "the parts come from different models"});
  }
  backbone.whole = backbone.tensors;
  backbone.whole_layers = backbone.config.transformer.layers;
  if (cut.layers > 0) keep_layers(backbone, cut.layers, where);
  if (cut.pieces > 0) keep_pieces(backbone, cut.pieces, where);
  Weights weights(backbone.tensors, where);
  const LanguageModel fits(backbone.config, weights);  // throws where names or shapes do not
  return backbone;
}

}  // namespace noema
