#include "sentence_vae/autoencoder.h"

namespace noema {

AutoencoderConfig::AutoencoderConfig(const LanguageModelConfig& shape, const std::string& encoder_name,
                                     const SentenceKinds& kinds)
    : model(shape),
      encoder(kinds.encoders, encoder_name),
      bottleneck(kinds.bottlenecks, "identity"),
      decoder(kinds.decoders, "prefix") {}

void AutoencoderConfig::fields(Fields& fields) {
  add_object(fields, "model", model, "the backbone");
  add_choice(fields, "encoder", encoder, "how a sentence becomes an embedding");
  add_choice(fields, "bottleneck", bottleneck, "what an embedding is");
  add_choice(fields, "decoder", decoder, "how an embedding becomes a sentence");
  fields.add("readout", readout, {0, 64}, "last tokens that are read straight from an embedding");
}

Autoencoder::Autoencoder(const AutoencoderConfig& config, WeightScope weights)
    : config_(config),
      model_(std::make_unique<LanguageModel>(config.model, weights)),
      bottleneck_(config.bottleneck->make(model_->width(), weights / "bottleneck")),
      encoder_(config.encoder->make(*model_, *bottleneck_, weights / "encoder")),
      decoder_(config.decoder->make(*model_, *bottleneck_, weights / "decoder")) {
  if (config.readout > 0) {
    readout_ = std::make_unique<Readout>(*model_, bottleneck_->latent_width(), config.readout, weights / "readout");
  }
}

}  // namespace noema
