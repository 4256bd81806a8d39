#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "concept_lm/concept_model.h"
#include "concept_lm/familiarity.h"
#include "concept_lm/stop_head.h"
#include "nn/device/accelerator.h"
#include "sentence_vae/autoencoder.h"
#include "text/tokenizer.h"

namespace noema {

/// A part of a bundle that no mode of reasoning needs.
class BundleModel {
 public:
  virtual ~BundleModel() = default;
};

struct ModelKinds;

/// A trained model: a folder with noema.json, tokenizer.model, and one safetensors file a part. Parts that a bundle
/// does not have are null; what needs one asks for it with the functions below, which throw Error.
struct Bundle {
  std::string where;  ///< the folder, for messages
  std::string task;   ///< the Task whose questions it was trained on
  std::shared_ptr<const Tokenizer> tokenizer;
  std::shared_ptr<const LanguageModel> chain;                              ///< token by token: the baseline
  std::map<std::string, std::shared_ptr<const Autoencoder>> autoencoders;  ///< by part: "semantic", "contextual"
  std::shared_ptr<const ConceptModel> concepts;
  std::shared_ptr<const StopHead> stop;
  std::shared_ptr<const Familiarity> familiarity;
  std::map<std::string, std::shared_ptr<const BundleModel>> others;  ///< by part
  std::string reads;                               ///< the autoencoder whose embeddings the concept model reads
  std::string writes;                              ///< the one whose embeddings it predicts
  nlohmann::json manifest;                         ///< all of noema.json
  Precision precision = Precision::fp32;           ///< of its products with weights; of everything, on an accelerator
  std::shared_ptr<const Accelerator> accelerator;  ///< that its parts compute on; null: the processor

  const LanguageModel& need_chain() const;
  const ConceptModel& need_concepts() const;
  const StopHead& need_stop() const;
  const Autoencoder& reading() const;  ///< its encoder embeds what was written, in discretized mode
  const Autoencoder& writing() const;  ///< its decoder writes the concepts

  /// Tokens of a question, with the newline that ends it. Throws Error when it is empty, not UTF-8, or so long that no
  /// room for reasoning is left. Line breaks within are taken as spaces.
  TokenIds tokenize_question(std::string_view question) const;
};

/// Reads a bundle. Every number and shape is checked, files against their sha256, weights for NaN. Without a precision
/// it is chosen: fp32 for small models, for others bf16 where that is faster on this processor. On an accelerator it is
/// fp32 or bf16, of weights and hidden states alike. Throws Error. The second form reads parts of other kinds, too (see
/// part_kinds.h).
Bundle load_bundle(const std::filesystem::path& folder, std::optional<Precision> precision = Precision::fp32,
                   std::shared_ptr<const Accelerator> accelerator = nullptr);
Bundle load_bundle(const std::filesystem::path& folder, std::optional<Precision> precision,
                   std::shared_ptr<const Accelerator> accelerator, const ModelKinds& kinds);

}  // namespace noema
