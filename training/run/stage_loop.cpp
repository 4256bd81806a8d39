#include "training/run/stage_loop.h"

#include "base/error.h"

namespace noema {

StageLoop::StageLoop(const Recipe& recipe, const std::filesystem::path& start, const ModelKinds& kinds)
    : recipe_(recipe),
      data_(recipe),
      backbone_(recipe.model.backbone.empty()
                    ? nullptr
                    : std::make_unique<const Backbone>(read_backbone(recipe.model.backbone, recipe.model.cut))),
      start_(read_start(start)),
      parts_(recipe.seed, recipe.lora, backbone_.get(), !backbone_ || recipe.model.train_embeddings) {
  setting_.kinds = kinds;
  if (!backbone_) return;
  recipe.check_mask(backbone_->config.transformer.mask, "[model] backbone");
  if (start_.parts.empty()) return;
  throw Error({"[model] backbone", "nothing else to start from", start_.name, "leave out one of the two"});
}

std::shared_ptr<const Tokenizer> StageLoop::given_tokenizer() const {
  return backbone_ ? backbone_->tokenizer : start_.tokenizer;
}

bool StageLoop::run(std::int64_t vocab_size, const Visit& visit) {
  setting_.model = backbone_ ? backbone_->config : LanguageModelConfig{vocab_size, recipe_.model.transformer()};
  setting_.is_adapted = recipe_.lora.has_value();
  setting_.whole_layers = backbone_ ? backbone_->whole_layers : 0;
  check();
  for (std::size_t i = 0; i < recipe_.stages.size(); ++i) {
    const StageKind& kind = *recipe_.stages[i];
    if (kind.training.steps == 0) {
      keep(kind);
      continue;
    }
    Stage stage = kind.build(setting_, parts_, started(kind.name()));
    if (!visit(i, kind, stage)) return false;
    for (auto& [name, part] : stage.parts) parts_.add(name, std::move(part));
  }
  return true;
}

void StageLoop::check() const {
  const std::int64_t widest = (recipe_.data.max_tokens + kWidthMultiple - 1) / kWidthMultiple * kWidthMultiple;
  const std::int64_t positions = setting_.model.transformer.max_positions;
  if (widest > positions) {
    throw Error({"[data] max_tokens", "at most the model's " + std::to_string(positions) + " positions",
                 std::to_string(recipe_.data.max_tokens), "lower it, or raise max_positions in [model]"});
  }
  Architectures there = start_.architectures;
  if (backbone_) there["chain"] = part_architecture(backbone_->config, kLanguageModelPart);
  for (const Choice<StageKind>& stage : recipe_.stages) {
    if (stage->training.steps == 0) continue;
    for (auto& [name, architecture] : stage->foresee(setting_, there)) there[name] = std::move(architecture);
  }
}

TensorMap StageLoop::started(const std::string& part) const {
  const auto found = start_.parts.find(part);
  return found == start_.parts.end() ? TensorMap() : copy_of(found->second);
}

void StageLoop::keep(const StageKind& kind) {
  const auto found = start_.parts.find(kind.name());
  if (found == start_.parts.end()) return;
  Stage stage = kind.build(setting_, parts_, copy_of(found->second));
  stage.trained().architecture = start_.architectures.at(kind.name());
  copy_into(stage.trained().tensors, found->second,
            start_.name + ": " + kind.name());  // throws if the recipe has another model
  for (auto& [name, part] : stage.parts) parts_.add(name, std::move(part));
}

}  // namespace noema
