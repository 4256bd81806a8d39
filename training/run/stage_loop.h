#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "training/data/recipe_data.h"
#include "training/parts/start.h"
#include "training/recipe.h"

namespace noema {

/// What the stages of a recipe are built from, and what they have left so far. The recipe must outlive it.
class StageLoop {
 public:
  /// Reads the backbone of the recipe, and the bundle in `start` if that is not empty. Throws Error.
  StageLoop(const Recipe& recipe, const std::filesystem::path& start, const ModelKinds& kinds);

  /// That of the backbone or of the start; null: one is to be trained.
  std::shared_ptr<const Tokenizer> given_tokenizer() const;

  /// Takes a stage that was built from those before, and gives back whether to go on.
  using Visit = std::function<bool(std::size_t index, const StageKind& kind, Stage& stage)>;

  /// Visits the stages that have steps, in their order; those of no steps keep the part that the run starts with.
  /// Throws Error, before the first visit, where they contradict each other or the model that they train. Returns
  /// whether all were visited.
  bool run(std::int64_t vocab_size, const Visit& visit);

  const RecipeData& data() const { return data_; }
  const Backbone* backbone() const { return backbone_.get(); }  ///< null: there is none
  const Start& start() const { return start_; }
  const StageSetting& setting() const { return setting_; }  ///< of the last run
  const Parts& parts() const { return parts_; }

 private:
  void check() const;
  void keep(const StageKind& kind);
  TensorMap started(const std::string& part) const;

  const Recipe& recipe_;
  RecipeData data_;
  std::unique_ptr<const Backbone> backbone_;
  Start start_;
  StageSetting setting_;
  Parts parts_;
};

}  // namespace noema
