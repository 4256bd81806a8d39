#pragma once

#include <memory>
#include <string>
#include <vector>

#include "concept_lm/bundle.h"
#include "text/tokenizer.h"

namespace noema {

/// Sentences that the tokenizer of the tests is trained on.
inline std::vector<std::string> tiny_corpus() {
  std::vector<std::string> texts;
  for (const char* who : {"Tom", "Ann", "Eva", "Bob", "Ida"}) {
    for (const char* what : {"ball", "book", "lamp", "key", "cup"}) {
      for (const char* where : {"kitchen", "garden", "attic", "park"}) {
        texts.push_back(std::string(who) + " took the " + what + " to the " + where + ". Where is the " + what + "?\n" +
                        who + " has the " + what + " in the " + where + ".\n### " + where);
      }
    }
  }
  return texts;
}

inline TransformerConfig tiny_transformer(bool gpt2 = false) {
  return gpt2 ? gpt2_style(2, 32, 4, 128) : llama_style(2, 32, 4, 2, 48, 128);
}

/// A complete model with random weights that are large enough for its texts to differ.
inline Bundle tiny_bundle(bool gpt2 = false, const std::string& reads = "contextual",
                          TransformerConfig::Mask mask = TransformerConfig::Mask::causal) {
  Bundle bundle;
  bundle.where = "tiny";
  bundle.task = "stories";
  bundle.tokenizer = train_tokenizer(tiny_corpus(), {.vocab_size = 420});
  LanguageModelConfig model{bundle.tokenizer->vocab_size(), tiny_transformer(gpt2)};
  model.transformer.mask = mask;
  const auto scaled = [](Weights& weights) {
    for (const auto& [name, tensor] : weights.tensors()) {
      if (tensor.dim() == 2) torch::Tensor(tensor).mul_(8.0);
    }
  };
  Weights chain(1), semantic(2), contextual(3), concepts(4), stop(5);
  bundle.chain = std::make_shared<const LanguageModel>(model, chain);
  bundle.autoencoders["semantic"] = std::make_shared<const Autoencoder>(AutoencoderConfig(model, "semantic"), semantic);
  bundle.autoencoders["contextual"] = std::make_shared<const Autoencoder>(AutoencoderConfig(model), contextual);
  bundle.concepts = std::make_shared<const ConceptModel>(ConceptConfig(model), concepts);
  bundle.stop = std::make_shared<const StopHead>(model.transformer.width, stop);
  bundle.reads = reads;
  bundle.writes = "contextual";
  for (Weights* weights : {&chain, &semantic, &contextual, &concepts, &stop}) scaled(*weights);
  return bundle;
}

inline std::vector<std::string> tiny_questions() {
  return {
      "Tom took the ball to the kitchen. Where is the ball?",
      "Ann took the book to the park. Bob took the lamp to the attic. Where is the lamp?",
      "Where is Eva?",
      "Ida took the key to the garden. Ida took the cup to the attic. Tom took the key to the park. Where is the key?",
      "Bob has the cup.",
      "Eva took the lamp to the kitchen. Eva took the ball to the kitchen. Where is Eva?"};
}

/// Question and steps as a batch has them.
inline std::vector<TokenizedReasoning> tiny_reasonings(const Tokenizer& tokenizer) {
  std::vector<TokenizedReasoning> all;
  for (const std::string& question : tiny_questions()) {
    TokenizedReasoning reasoning{tokenizer.encode(question + "\n"), {}};
    for (std::size_t i = 0; i < 1 + all.size() % 3; ++i) {
      reasoning.steps.push_back(tokenizer.encode((i % 2 ? "Tom has the ball in the garden.\n" : "Ann took it.\n")));
    }
    reasoning.steps.push_back(tokenizer.encode("### garden\n"));
    all.push_back(std::move(reasoning));
  }
  return all;
}

}  // namespace noema
