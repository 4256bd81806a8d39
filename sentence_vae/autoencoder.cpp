#include "sentence_vae/autoencoder.h"

#include <torch/torch.h>

#include "base/error.h"
#include "base/file.h"

namespace noema {
namespace {

std::unique_ptr<Bottleneck> make_bottleneck(const AutoencoderConfig& config, WeightScope weights) {
  const std::int64_t width = config.model.transformer.width;
  if (config.bottleneck == AutoencoderConfig::BottleneckKind::identity) return make_identity_bottleneck(width);
  return make_gaussian_bottleneck(width, config.latent_width > 0 ? config.latent_width : width, weights / "bottleneck");
}

std::unique_ptr<SentenceEncoder> make_encoder(const AutoencoderConfig& config, const LanguageModel& model,
                                              const Bottleneck& bottleneck) {
  return config.embedding == AutoencoderConfig::Embedding::semantic ? make_semantic_encoder(model, bottleneck)
                                                                    : make_contextual_encoder(model, bottleneck);
}

}  // namespace

Autoencoder::Autoencoder(const AutoencoderConfig& config, WeightScope weights)
    : config_(config),
      model_(std::make_unique<LanguageModel>(config.model, weights)),
      bottleneck_(make_bottleneck(config, weights)),
      encoder_(make_encoder(config, *model_, *bottleneck_)),
      decoder_(make_prefix_decoder(*model_, *bottleneck_)) {
  if (config.readout > 0) {
    readout_ = std::make_unique<Readout>(*model_, bottleneck_->latent_width(), config.readout, weights / "readout");
  }
}

nlohmann::json to_json(const AutoencoderConfig& config) {
  return {{"model", to_json(config.model)},
          {"embedding", config.embedding == AutoencoderConfig::Embedding::semantic ? "semantic" : "contextual"},
          {"bottleneck", config.bottleneck == AutoencoderConfig::BottleneckKind::identity ? "identity" : "gaussian"},
          {"latent_width", config.latent_width},
          {"readout", config.readout}};
}

AutoencoderConfig autoencoder_config(const nlohmann::json& json, const std::string& where) {
  AutoencoderConfig config;
  config.model = language_model_config(json_member<nlohmann::json>(json, "model", where), where + ": model");
  const auto embedding = json_member<std::string>(json, "embedding", where);
  const auto bottleneck = json_member<std::string>(json, "bottleneck", where);
  if (embedding != "semantic" && embedding != "contextual") {
    throw Error({where + ": embedding", "\"semantic\" or \"contextual\"", printable(embedding), ""});
  }
  if (bottleneck != "identity" && bottleneck != "gaussian") {
    throw Error({where + ": bottleneck", "\"identity\" or \"gaussian\"", printable(bottleneck), ""});
  }
  config.embedding =
      embedding == "semantic" ? AutoencoderConfig::Embedding::semantic : AutoencoderConfig::Embedding::contextual;
  config.bottleneck = bottleneck == "identity" ? AutoencoderConfig::BottleneckKind::identity
                                               : AutoencoderConfig::BottleneckKind::gaussian;
  config.latent_width = json_member<std::int64_t>(json, "latent_width", where);
  if (config.latent_width < 0 || config.latent_width > (1 << 16)) {
    throw Error({where + ": latent_width", "a whole number from 0 to 65536", std::to_string(config.latent_width), ""});
  }
  config.readout = json_member<std::int64_t>(json, "readout", where);
  if (config.readout < 0 || config.readout > 64) {
    throw Error({where + ": readout", "a whole number from 0 to 64", std::to_string(config.readout), ""});
  }
  return config;
}

}  // namespace noema
