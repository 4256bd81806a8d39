#pragma once

#include <memory>
#include <string>

#include "sentence_vae/decoder.h"
#include "sentence_vae/encoder.h"
#include "sentence_vae/readout.h"

namespace noema {

/// What an autoencoder is made of.
struct AutoencoderConfig {
  enum class Embedding { semantic, contextual };
  enum class BottleneckKind { identity, gaussian };

  LanguageModelConfig model;
  Embedding embedding = Embedding::contextual;
  BottleneckKind bottleneck = BottleneckKind::identity;
  std::int64_t latent_width = 0;  ///< Z of a Gaussian bottleneck; 0: the model's width
  std::int64_t readout = 0;       ///< last tokens that a Readout reads; 0: it has none
};

/// A sentence encoder and a sentence decoder that share one backbone (the paper, section 3.1).
class Autoencoder {
 public:
  Autoencoder(const AutoencoderConfig& config, WeightScope weights);

  const AutoencoderConfig& config() const { return config_; }
  const SentenceEncoder& encoder() const { return *encoder_; }
  const SentenceDecoder& decoder() const { return *decoder_; }
  const LanguageModel& backbone() const { return *model_; }
  const Readout* readout() const { return readout_.get(); }  ///< null when it has none
  std::int64_t latent_width() const { return bottleneck_->latent_width(); }

 private:
  AutoencoderConfig config_;
  std::unique_ptr<LanguageModel> model_;
  std::unique_ptr<Bottleneck> bottleneck_;
  std::unique_ptr<SentenceEncoder> encoder_;
  std::unique_ptr<SentenceDecoder> decoder_;
  std::unique_ptr<Readout> readout_;
};

nlohmann::json to_json(const AutoencoderConfig& config);
AutoencoderConfig autoencoder_config(const nlohmann::json& json, const std::string& where);

}  // namespace noema
