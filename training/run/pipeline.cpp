#include "training/run/pipeline.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/output_folder.h"
#include "concept_lm/bundle_folder.h"
#include "nn/formats/safetensors.h"
#include "training/run/checkpoint.h"
#include "training/run/stage_loop.h"

namespace noema {
namespace {

std::unique_ptr<const Workers> make_workers(Ranks& ranks) {
  return ranks.size() == 1 ? make_thread_workers() : make_rank_workers(make_thread_workers(), ranks);
}

class Pipeline {
 public:
  Pipeline(const Recipe& recipe, const PipelineOptions& options, TrainingProgress& progress)
      : recipe_(recipe),
        options_(options),
        progress_(progress),
        loop_(recipe, options.start, options.kinds),
        alone_(alone()),
        ranks_(options.trainer.ranks ? *options.trainer.ranks : *alone_) {
    if (options_.out.empty()) options_.out = recipe.out;
    check_micro_batches();
    first_then_others(ranks_, [this] {
      if (ranks_.is_first()) {  // before the work, not after
        lock_.emplace(options_.run);
        check_out();
      }
      check_backbone();
      make_or_load_tokenizer();
    });
  }

  bool run() {
    const bool is_done = loop_.run(
        tokenizer_->vocab_size(),
        [&](std::size_t index, const StageKind& kind, Stage& stage) { return run_stage(index, kind, stage); });
    if (is_done)
      first_then_others(ranks_, [this] {
        if (ranks_.is_first()) write_bundle();
      });
    return is_done;
  }

 private:
  void check_out() const {
    check_bundle_output(options_.out);
    const auto folder = [](const std::filesystem::path& path) {
      const auto whole = std::filesystem::weakly_canonical(path);
      return whole.has_filename() ? whole : whole.parent_path();
    };
    const auto out = folder(options_.out), run = folder(options_.run);
    if (std::mismatch(out.begin(), out.end(), run.begin(), run.end()).first != out.end()) return;
    throw Error({options_.out.string(), "a folder for the bundle that does not hold the run", options_.run.string(),
                 "choose another --out"});
  }

  /// Every rank must have something to compute.
  void check_micro_batches() const {
    for (const Choice<StageKind>& stage : recipe_.stages) {
      const StageOptions& training = stage->training;
      if (training.steps == 0 || !stage->is_dealt() ||
          std::min(training.micro_batches, training.batch) >= ranks_.size())
        continue;
      throw Error({'[' + stage->name() + "] micro_batches",
                   "as many as there are ranks, " + std::to_string(ranks_.size()) + ", or more",
                   std::to_string(training.micro_batches), "raise it, and batch if that is less, or take fewer ranks"});
    }
  }

  /// A run goes on with the backbone that it began with: what is finished in it fits no other.
  void check_backbone() const {
    const Backbone* backbone = loop_.backbone();
    if (!backbone) return;
    const auto path = options_.run / "backbone.sha256";
    if (!std::filesystem::exists(path)) return write_file(path, backbone->sha256);
    const std::string begun = read_file(path, 1 << 10);
    if (begun == backbone->sha256) return;
    throw Error({path.string(), "the backbone's sha256 " + backbone->sha256, printable(begun, 64),
                 "the run began with another backbone; remove its folder to start again"});
  }

  void make_or_load_tokenizer() {
    tokenizer_ = loop_.given_tokenizer();
    if (loop_.backbone()) return;
    const auto path = options_.run / "tokenizer.model";
    if (std::filesystem::exists(path)) {
      tokenizer_ = load_tokenizer(path);
      return;
    }
    if (!tokenizer_) {
      progress_.on_stage("tokenizer", "starts");
      tokenizer_ = make_tokenizer(recipe_, loop_.data());
    }
    write_file(path, tokenizer_->serialized());
  }

  bool run_stage(std::size_t index, const StageKind& kind, Stage& stage) {
    const std::string name = kind.name();
    const auto finished = options_.run / (name + ".safetensors");
    const bool is_finished = std::filesystem::exists(finished);
    agree(ranks_, "the state of " + finished.string(), is_finished ? "finished" : "unfinished");
    if (is_finished) {
      take_finished(name, stage, finished);
      return true;
    }
    if (!train(index, kind, stage)) return false;
    if (!ranks_.is_first()) return true;
    write_safetensors(finished, stage.trained().tensors,
                      {{"architecture", stage.trained().architecture.dump()},
                       {"measures", nlohmann::json(measures_[name]).dump()},
                       {"settings", recipe_.settings.at(name)}});
    std::filesystem::remove(options_.run / (name + ".checkpoint.safetensors"));
    progress_.on_stage(name, "finished");
    return true;
  }

  bool train(std::size_t index, const StageKind& kind, Stage& stage) {
    const StageData data = kind.data({recipe_, loop_.data(), *tokenizer_, index});
    const MicroBatches validation = data.validation();
    if (stage.fit) {
      progress_.on_stage(kind.name(), "starts");
      stage.fit(stage.trained(), *tokenizer_, first_steps(*data.training, kind.training.steps), validation);
      return true;
    }
    TensorMap parameters = stage.parameters();
    bool in_bf16 = false;
    first_then_others(ranks_, [&] { in_bf16 = is_in_bf16(stage, validation); });
    const TrainedStage trained{
        kind.name(), *stage.objective, kind.training, recipe_.settings.at(kind.name()),
        parameters,  *data.training,   validation,    stream_seed(recipe_.seed, SeedStream::dropout, index),
        in_bf16};
    if (!train_stage(trained, *workers_, *tokenizer_, options_.run, options_.trainer, progress_)) return false;
    measures_[kind.name()] = workers_->measure(*stage.objective, validation);
    return true;
  }

  /// Decided once for all stages of a run, since a timing would decide otherwise another time.
  bool is_in_bf16(const Stage& stage, const MicroBatches& validation) const {
    const auto path = options_.run / "precision";
    const Autocast wanted = options_.trainer.bf16;
    if (!std::filesystem::exists(path)) {
      const auto local = make_thread_workers();
      const bool bf16 =
          wanted == Autocast::automatic
              ? bf16_is_faster(*stage.objective, validation[validation.size() / 2], stage.parameters(), *local)
              : wanted == Autocast::on;
      write_file(path, bf16 ? "bf16" : "fp32");
    }
    const std::string begun = read_file(path, 16);
    const bool is_bf16 = begun == "bf16";
    if ((is_bf16 || begun == "fp32") && (wanted == Autocast::automatic || (wanted == Autocast::on) == is_bf16)) {
      return is_bf16;
    }
    throw Error({path.string(), "a run in the precision that is asked for", printable(begun),
                 "go on without --bf16, or choose another --run"});
  }

  void take_finished(const std::string& name, Stage& stage, const std::filesystem::path& path) {
    const SafetensorsFile file = read_safetensors(path);
    const auto said = [&](const char* key) {
      const auto found = file.metadata.find(key);
      if (found != file.metadata.end()) return found->second;
      throw Error({path.string(), std::string("a finished stage, with its ") + key, "another safetensors file",
                   "remove it to train the stage again"});
    };
    check_same_settings(said("settings"), recipe_.settings.at(name), path.string());
    stage.trained().architecture = parse_json(said("architecture"), path.string());
    copy_into(stage.trained().tensors, file.tensors, path.string());
    measures_[name] = parse_json(said("measures"), path.string()).get<std::map<std::string, double>>();
    progress_.on_stage(name, "skipped: finished before");
  }

  void write_bundle() const {
    std::vector<BundlePart> written;
    for (const auto& [name, part] : loop_.parts().all()) {
      written.push_back({name, part.architecture, part.tensors, torch::kBFloat16, part.adapter, part.on});
    }
    nlohmann::json provenance = {{"name", recipe_.name},       {"recipe", recipe_.text},
                                 {"changes", recipe_.changes}, {"seed", recipe_.seed},
                                 {"commit", options_.commit},  {"started_from", loop_.start().name},
                                 {"validation", measures_}};
    const Backbone* backbone = loop_.backbone();
    std::optional<BundleBase> base;
    if (backbone) {
      provenance["backbone"] = {{"name", backbone->name}, {"sha256", backbone->sha256}};
      if (recipe_.lora) base.emplace(BundleBase{*backbone, recipe_.model.cut, recipe_.model.with_backbone});
    }
    save_bundle(options_.out, recipe_.task, provenance, *tokenizer_, written, base);
  }

  const Recipe& recipe_;
  PipelineOptions options_;
  TrainingProgress& progress_;
  std::optional<FolderLock> lock_;  // two runs in one folder would overwrite each other's checkpoints
  StageLoop loop_;
  std::unique_ptr<Ranks> alone_;
  Ranks& ranks_;
  std::unique_ptr<const Workers> workers_ = make_workers(ranks_);
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::map<std::string, std::map<std::string, double>> measures_;
};

}  // namespace

bool run_recipe(const Recipe& recipe, const PipelineOptions& options, TrainingProgress& progress) {
  try {
    return Pipeline(recipe, options, progress).run();
  } catch (const std::exception& error) {
    if (options.trainer.ranks) options.trainer.ranks->fail(error.what());
    throw;
  }
}

}  // namespace noema
