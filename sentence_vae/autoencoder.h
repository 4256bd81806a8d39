#pragma once

#include <memory>
#include <string>

#include "sentence_vae/decoder.h"
#include "sentence_vae/encoder.h"
#include "sentence_vae/readout.h"

namespace noema {

/// The kinds that an autoencoder can be made of. Who has more adds them to a copy.
struct SentenceKinds {
  KindList<EncoderKind> encoders = encoder_kinds();
  KindList<BottleneckKind> bottlenecks = bottleneck_kinds();
  KindList<DecoderKind> decoders = decoder_kinds();
};

/// What an autoencoder is made of.
struct AutoencoderConfig {
  explicit AutoencoderConfig(const LanguageModelConfig& shape = {}, const std::string& encoder_name = "contextual",
                             const SentenceKinds& kinds = {});

  LanguageModelConfig model;
  Choice<EncoderKind> encoder;
  Choice<BottleneckKind> bottleneck;  ///< identity
  Choice<DecoderKind> decoder;        ///< prefix
  std::int64_t readout = 0;           ///< last tokens that a Readout reads; 0: it has none

  std::int64_t latent_width() const { return bottleneck->latent_width(model.transformer.width); }
  void fields(Fields& fields);
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
  const Bottleneck& bottleneck() const { return *bottleneck_; }
  std::int64_t latent_width() const { return bottleneck_->latent_width(); }

 private:
  AutoencoderConfig config_;
  std::unique_ptr<LanguageModel> model_;
  std::unique_ptr<Bottleneck> bottleneck_;
  std::unique_ptr<SentenceEncoder> encoder_;
  std::unique_ptr<SentenceDecoder> decoder_;
  std::unique_ptr<Readout> readout_;
};

}  // namespace noema
