#include "training/pipeline.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "concept_lm/bundle_folder.h"
#include "nn/safetensors.h"
#include "tasks/exclusion.h"
#include "training/backbone.h"
#include "training/checkpoint.h"
#include "training/gradients.h"
#include "training/optimizer.h"
#include "training/parts.h"

namespace noema {
namespace {

// Streams of one seed that must have nothing in common.
enum class Stream : std::uint64_t { training, validation, order, dropout, families };

std::uint64_t stream_seed(std::uint64_t seed, Stream stream, std::uint64_t part = 0) {
  return Random::of(seed, static_cast<std::uint64_t>(stream) * 100 + part).next();
}

/// Where a recipe's questions come from.
struct Data {
  explicit Data(const Recipe& recipe) {
    std::unique_ptr<Task> made = make_task(recipe.task);
    if (!recipe.exclude.empty()) {
      made = make_excluding(std::move(made), {recipe.exclude.begin(), recipe.exclude.end()});
    }
    task = std::move(made);
    training = source(recipe.train_file, stream_seed(recipe.seed, Stream::training), recipe.exclude);
    if (!recipe.family_weights.empty()) {
      training =
          make_weighted_source(std::move(training), recipe.family_weights, stream_seed(recipe.seed, Stream::families));
    }
    validation = source(recipe.valid_file, stream_seed(recipe.seed, Stream::validation), {});
    if (recipe.answers_only) {
      training = make_answers_source(std::move(training), task);
      validation = make_answers_source(std::move(validation), task);
    }
    valid_count = recipe.valid_count;
    if (!recipe.valid_file.empty()) {
      valid_count =
          std::min<std::int64_t>(valid_count, static_cast<std::int64_t>(read_examples(recipe.valid_file).size()));
    }
  }

  /// A file without what the `excluded` files hold, or the generator, which leaves that out by itself.
  std::unique_ptr<ExampleSource> source(const std::string& file, std::uint64_t seed,
                                        const std::vector<std::string>& excluded) const {
    if (file.empty()) return make_generated_source(task, seed);
    const std::vector<std::filesystem::path> files(excluded.begin(), excluded.end());
    return make_listed_source(without(read_examples(file), *task, read_identities(*task, files)), seed);
  }

  std::shared_ptr<const Task> task;
  std::unique_ptr<ExampleSource> training, validation;
  std::int64_t valid_count = 0;
};

std::unique_ptr<Tokenizer> make_tokenizer(const Recipe& recipe, const Data& data) {
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < recipe.tokenizer_examples; ++i) {
    const Example example = data.training->get(static_cast<std::uint64_t>(i));
    std::string text = example.question;
    for (const std::string& step : data.task->reasoning(example)) text += "\n" + step;
    texts.push_back(std::move(text));
  }
  TokenizerOptions options;
  options.phrases = data.task->phrases();
  options.vocab_size = static_cast<int>(recipe.vocab_size);
  return train_tokenizer(texts, options);
}

/// Null: the recipe has none.
std::unique_ptr<const Backbone> make_backbone(const Recipe& recipe) {
  if (recipe.backbone.empty()) return nullptr;
  return std::make_unique<const Backbone>(read_backbone(recipe.backbone));
}

std::int64_t count_parameters(const TensorMap& tensors) {
  std::int64_t count = 0;
  for (const auto& [name, tensor] : tensors) count += tensor.numel();
  return count;
}

/// Whether the stage learns from the task's hints. Throws Error when it should and there are none.
bool takes_hints(const std::string& stage, const Recipe& recipe, const Data& data, const Tokenizer& tokenizer) {
  const double weight = stage == "chain"        ? recipe.chain.hint_weight
                        : stage == "contextual" ? recipe.contextual.hint_weight
                        : stage == "concept"    ? recipe.concept_model.hint_weight
                                                : 0.0;
  if (weight == 0.0) return false;
  const Example first = data.training->get(0);
  const TokenIds question = tokenize(first, *data.task, tokenizer).question;
  if (!tokenize_hints(first, question, *data.task, tokenizer).empty()) return true;
  throw Error({"[" + stage + "] hint_weight", "a task with hints whose pieces are tokens", "none in " + recipe.task,
               "leave it out, or raise vocab_size in [tokenizer]"});
}

class Pipeline {
 public:
  Pipeline(const Recipe& recipe, const PipelineOptions& options, TrainingProgress& progress)
      : recipe_(recipe), options_(options), progress_(progress), data_(recipe), backbone_(make_backbone(recipe)) {
    if (options_.out.empty()) options_.out = recipe.out;
    load_start();
    check_backbone();
    make_or_load_tokenizer();
  }

  bool run() {
    Parts parts(recipe_, tokenizer_->vocab_size(), backbone_.get());
    const std::vector<std::string> names = stage_names();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (stage_options(recipe_, names[i]).steps == 0) continue;
      if (!run_stage(parts, names[i], i)) return false;
      write_bundle(parts);
    }
    return true;
  }

 private:
  void load_start() {
    if (options_.start.empty()) return;
    if (backbone_) {
      throw Error({"[model] backbone", "nothing else to start from", options_.start.filename().string(),
                   "leave out one of the two"});
    }
    const BundleFolder stored(options_.start);
    tokenizer_ = stored.tokenizer();
    for (const std::string& name : stored.part_names()) {
      for (const auto& [tensor_name, tensor] : stored.part(name).tensors) {
        start_[name][tensor_name] = tensor.to(torch::kFloat32).clone();
      }
    }
  }

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
    if (!tokenizer_) {
      progress_.on_stage("tokenizer", "starts");
      tokenizer_ = make_tokenizer(recipe_, data_);
    }
    write_file(path, tokenizer_->serialized());
  }

  bool run_stage(Parts& parts, const std::string& name, std::size_t index) {
    const auto finished = options_.run / (name + ".safetensors");
    if (std::filesystem::exists(finished)) {
      const SafetensorsFile file = read_safetensors(finished);
      parts.build(name, copy_of(file.tensors));
      if (const auto measures = file.metadata.find("measures"); measures != file.metadata.end()) {
        measures_[name] = parse_json(measures->second, finished.string()).get<std::map<std::string, double>>();
      }
      parts.finish(name, parts.built());
      progress_.on_stage(name, "skipped: finished before");
      return true;
    }
    const Stage& stage = parts.build(name, start_[name]);
    const StageOptions& stage_settings = stage_options(recipe_, name);
    BatchOptions batch_options{stage_settings.batch, recipe_.max_tokens,
                               stream_seed(recipe_.seed, Stream::order, index)};
    if (name == "concept") batch_options.twins = recipe_.concept_model.twins;
    batch_options.siblings = recipe_.siblings;
    batch_options.hints = takes_hints(name, recipe_, data_, *tokenizer_);
    batch_options.micro_batches = stage_settings.micro_batches;
    const OffsetSource fresh(*data_.training, static_cast<std::uint64_t>(index) << 40);
    const ExampleSource& source =
        recipe_.train_file.empty() ? static_cast<const ExampleSource&>(fresh) : *data_.training;
    const BatchSequence batches(source, *data_.task, *tokenizer_, batch_options);
    const auto validation = fixed_batches(*data_.validation, *data_.task, *tokenizer_, data_.valid_count,
                                          std::min<std::int64_t>(stage_settings.batch, 64), recipe_.max_tokens);
    const TrainedStage trained{name, stage, stage_settings, parts.built().tensors,
                               stream_seed(recipe_.seed, Stream::dropout, index)};
    if (!train_stage(trained, batches, validation, *tokenizer_, options_.run, options_.trainer, progress_))
      return false;
    measures_[name] = measure(stage, validation);
    write_safetensors(finished, parts.built().tensors, {{"measures", nlohmann::json(measures_[name]).dump()}});
    std::filesystem::remove(options_.run / (name + ".checkpoint.safetensors"));
    parts.finish(name, parts.built());
    progress_.on_stage(name, "finished");
    return true;
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
    nlohmann::json provenance = {{"name", recipe_.name},       {"recipe", recipe_.text},
                                 {"changes", recipe_.changes}, {"seed", recipe_.seed},
                                 {"commit", options_.commit},  {"started_from", options_.start.filename().string()},
                                 {"validation", measures_}};
    if (backbone_) provenance["backbone"] = {{"name", backbone_->name}, {"sha256", backbone_->sha256}};
    const std::filesystem::path base = recipe_.lora ? backbone_->file : std::filesystem::path();
    save_bundle(options_.out, recipe_.task, provenance, *tokenizer_, written, base);
  }

  const Recipe& recipe_;
  PipelineOptions options_;
  TrainingProgress& progress_;
  Data data_;
  std::unique_ptr<const Backbone> backbone_;
  std::map<std::string, TensorMap> start_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::map<std::string, std::map<std::string, double>> measures_;
};

}  // namespace

std::vector<std::string> stage_names() { return {"chain", "semantic", "contextual", "concept", "stop"}; }

bool run_recipe(const Recipe& recipe, const PipelineOptions& options, TrainingProgress& progress) {
  return Pipeline(recipe, options, progress).run();
}

RecipeEstimate estimate(const Recipe& recipe) {
  constexpr int kTimedSteps = 3;
  Data data(recipe);
  const auto backbone = make_backbone(recipe);
  Recipe short_recipe = recipe;
  short_recipe.tokenizer_examples = std::min<std::int64_t>(recipe.tokenizer_examples, 2000);
  const std::shared_ptr<const Tokenizer> tokenizer =
      backbone ? backbone->tokenizer : make_tokenizer(short_recipe, data);
  Parts parts(recipe, recipe.vocab_size, backbone.get());
  RecipeEstimate whole;
  if (recipe.lora) whole.bundle_bytes += static_cast<double>(std::filesystem::file_size(backbone->file));
  for (const std::string& name : stage_names()) {
    const StageOptions& options = stage_options(recipe, name);
    if (options.steps == 0) continue;
    const Stage& stage = parts.build(name, {});
    Optimizer optimizer(parts.built().tensors, options);
    const BatchSequence batches(*data.training, *data.task, *tokenizer,
                                {.batch = options.batch,
                                 .max_tokens = recipe.max_tokens,
                                 .seed = recipe.seed,
                                 .micro_batches = options.micro_batches,
                                 .siblings = recipe.siblings,
                                 .hints = takes_hints(name, recipe, data, *tokenizer)});
    BatchQueue queue(batches, 0);
    double tokens = 0.0, seconds = 0.0, activations = 0.0;
    for (int step = 0; step <= kTimedSteps; ++step) {
      const std::vector<ReasoningBatch> micro_batches = queue.next();
      const auto start = std::chrono::steady_clock::now();
      add_gradients(stage, micro_batches, optimizer.parameters(), {});
      optimizer.step(0.0);
      if (step == 0) continue;  // the first is slower: kernels are being prepared
      seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      double padded = 0.0;
      for (const ReasoningBatch& batch : micro_batches) padded += static_cast<double>(batch.texts.ids.numel());
      tokens += padded;
      activations = std::max(activations, padded);
    }
    const auto parameters = count_parameters(parts.built().tensors);
    const auto frozen = parts.built().adapter ? count_parameters(backbone->tensors) : 0;
    const double steps = static_cast<double>(options.steps);
    const TransformerConfig& model = parts.model().transformer;
    const double per_token = static_cast<double>(model.layers * (12 * model.width + 5 * model.feed_forward)) * 4.0;
    whole.stages.push_back(
        {name, parameters, frozen, options.steps, tokens / kTimedSteps * steps, seconds / kTimedSteps * steps,
         16.0 * static_cast<double>(parameters) + 4.0 * static_cast<double>(frozen) + activations * per_token});
    whole.disk_bytes += 20.0 * static_cast<double>(parameters);
    whole.bundle_bytes += 2.0 * static_cast<double>(parameters);
    parts.finish(name, parts.built());
  }
  return whole;
}

}  // namespace noema
