#include "training/run/pipeline.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "concept_lm/bundle_folder.h"
#include "nn/formats/safetensors.h"
#include "training/data/recipe_data.h"
#include "training/run/backbone.h"
#include "training/run/checkpoint.h"
#include "training/run/parts.h"
#include "training/run/start.h"

namespace noema {
namespace {

class Pipeline {
 public:
  Pipeline(const Recipe& recipe, const PipelineOptions& options, TrainingProgress& progress)
      : recipe_(recipe),
        options_(options),
        progress_(progress),
        data_(recipe),
        backbone_(make_backbone(recipe)),
        start_(read_start(options.start)) {
    if (options_.out.empty()) options_.out = recipe.out;
    check_backbone();
    make_or_load_tokenizer();
  }

  bool run() {
    Parts parts(recipe_, tokenizer_->vocab_size(), backbone_.get(), start_);
    const std::vector<std::string> names = stage_names();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (stage_options(recipe_, names[i]).steps == 0) {
        parts.keep(names[i]);
      } else if (!run_stage(parts, names[i], i)) {
        return false;
      }
    }
    write_bundle(parts);
    return true;
  }

 private:
  /// It must suit the recipe, and a run goes on with the one that it began with: what is finished in it fits no other.
  void check_backbone() const {
    if (!backbone_) return;
    check_mask(recipe_, backbone_->config.transformer.mask, "[model] backbone");
    const auto path = options_.run / "backbone.sha256";
    if (!std::filesystem::exists(path)) return write_file(path, backbone_->sha256);
    const std::string begun = read_file(path, 1 << 10);
    if (begun == backbone_->sha256) return;
    throw Error({path.string(), "the backbone's sha256 " + backbone_->sha256, printable(begun, 64),
                 "the run began with another backbone; remove its folder to start again"});
  }

  void make_or_load_tokenizer() {
    if (backbone_) {
      tokenizer_ = backbone_->tokenizer;
      return;
    }
    const auto path = options_.run / "tokenizer.model";
    if (std::filesystem::exists(path)) {
      tokenizer_ = load_tokenizer(path);
      return;
    }
    tokenizer_ = start_.tokenizer;
    if (!tokenizer_) {
      progress_.on_stage("tokenizer", "starts");
      tokenizer_ = make_tokenizer(recipe_, data_);
    }
    write_file(path, tokenizer_->serialized());
  }

  bool run_stage(Parts& parts, const std::string& name, std::size_t index) {
    const auto finished = options_.run / (name + ".safetensors");
    if (std::filesystem::exists(finished)) {
      take_finished(parts, name, finished);
      return true;
    }
    const Stage& stage = parts.build(name);
    const StageOptions& settings = stage_options(recipe_, name);
    const OffsetSource fresh(*data_.training, static_cast<std::uint64_t>(index) << 40);
    const ExampleSource& source =
        recipe_.train_file.empty() ? static_cast<const ExampleSource&>(fresh) : *data_.training;
    const BatchSequence batches(source, *data_.task, *tokenizer_,
                                batch_options(recipe_, name, index, data_, *tokenizer_));
    const auto validation = fixed_batches(*data_.validation, *data_.task, *tokenizer_, data_.valid_count,
                                          std::min<std::int64_t>(settings.batch, 64), recipe_.max_tokens);
    const TrainedStage trained{name,
                               stage,
                               settings,
                               recipe_.settings.at(name),
                               parts.built().tensors,
                               stream_seed(recipe_.seed, SeedStream::dropout, index)};
    if (!train_stage(trained, batches, validation, *tokenizer_, options_.run, options_.trainer, progress_))
      return false;
    measures_[name] = measure(stage, validation);
    write_safetensors(finished, parts.built().tensors,
                      {{"measures", nlohmann::json(measures_[name]).dump()}, {"settings", recipe_.settings.at(name)}});
    std::filesystem::remove(options_.run / (name + ".checkpoint.safetensors"));
    parts.finish(name, parts.built());
    progress_.on_stage(name, "finished");
    return true;
  }

  void take_finished(Parts& parts, const std::string& name, const std::filesystem::path& path) {
    const SafetensorsFile file = read_safetensors(path);
    const auto said = [&](const char* key) {
      const auto found = file.metadata.find(key);
      if (found != file.metadata.end()) return found->second;
      throw Error({path.string(), std::string("a finished stage, with its ") + key, "another safetensors file",
                   "remove it to train the stage again"});
    };
    check_same_settings(said("settings"), recipe_.settings.at(name), path.string());
    parts.build(name, copy_of(file.tensors));
    copy_into(parts.built().tensors, file.tensors, path.string());  // throws where a tensor is missing
    measures_[name] = parse_json(said("measures"), path.string()).get<std::map<std::string, double>>();
    parts.finish(name, parts.built());
    progress_.on_stage(name, "skipped: finished before");
  }

  /// The examples of another stretch of the same stream: no stage sees the questions of another.
  class OffsetSource final : public ExampleSource {
   public:
    OffsetSource(const ExampleSource& source, std::uint64_t offset) : source_(source), offset_(offset) {}
    Example get(std::uint64_t index) const override { return source_.get(offset_ + index); }
    std::optional<Twin> twin(std::uint64_t index) const override { return source_.twin(offset_ + index); }
    std::vector<Example> siblings(std::uint64_t index, std::size_t count) const override {
      return source_.siblings(offset_ + index, count);
    }

   private:
    const ExampleSource& source_;
    std::uint64_t offset_;
  };

  void write_bundle(const Parts& parts) const {
    std::vector<BundlePart> written;
    for (const auto& [name, part] : parts.done()) {
      written.push_back({name, part.architecture, part.tensors, torch::kBFloat16, part.adapter, part.on});
    }
    nlohmann::json provenance = {{"name", recipe_.name},   {"recipe", recipe_.text},    {"changes", recipe_.changes},
                                 {"seed", recipe_.seed},   {"commit", options_.commit}, {"started_from", start_.name},
                                 {"validation", measures_}};
    if (backbone_) provenance["backbone"] = {{"name", backbone_->name}, {"sha256", backbone_->sha256}};
    const std::filesystem::path base = recipe_.lora ? backbone_->file : std::filesystem::path();
    save_bundle(options_.out, recipe_.task, provenance, *tokenizer_, written, base);
  }

  const Recipe& recipe_;
  PipelineOptions options_;
  TrainingProgress& progress_;
  RecipeData data_;
  std::unique_ptr<const Backbone> backbone_;
  Start start_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::map<std::string, std::map<std::string, double>> measures_;
};

}  // namespace

bool run_recipe(const Recipe& recipe, const PipelineOptions& options, TrainingProgress& progress) {
  return Pipeline(recipe, options, progress).run();
}

}  // namespace noema
