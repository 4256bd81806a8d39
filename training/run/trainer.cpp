#include "training/run/trainer.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "nn/kernels/linear_kernel.h"
#include "training/optimizers/optimizer.h"
#include "training/parts/parts.h"
#include "training/run/checkpoint.h"

namespace noema {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string fingerprint_of(const TensorMap& tensors) {
  std::string hashes;
  for (const auto& [name, tensor] : tensors) {
    const torch::Tensor bytes = tensor.detach().contiguous().cpu();
    hashes += sha256({static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()});
  }
  return sha256(hashes);
}

/// One stage on its way from the first step to the last.
class Training {
 public:
  Training(const TrainedStage& trained, const Workers& workers, const Tokenizer& tokenizer,
           const std::filesystem::path& folder, const TrainerOptions& options, TrainingProgress& progress)
      : trained_(trained),
        workers_(workers),
        tokenizer_(tokenizer),
        path_(folder / (trained.name + ".checkpoint.safetensors")),
        options_(options),
        progress_(progress),
        alone_(alone()),
        ranks_(options.ranks ? *options.ranks : *alone_),
        optimizer_(trained.parameters, trained.options) {}

  bool run() {
    start();
    StepQueue queue(trained_.steps, state_.step);
    last_report_ = last_checkpoint_ = Clock::now();
    waited_before_report_ = ranks_.seconds_waited();
    while (state_.step < trained_.options.steps) {
      take_step(queue.next());
      const bool finished = state_.step == trained_.options.steps;
      if (state_.step % options_.report_every == 0 || finished) report();
      if (state_.step % trained_.options.validate_every == 0 || finished) validate();
      const bool interrupted = any(ranks_, options_.interrupted && *options_.interrupted);
      if (interrupted || finished || seconds_since(last_checkpoint_) > 60 * options_.checkpoint_minutes) checkpoint();
      if (interrupted && !finished) return false;
    }
    copy_into(trained_.parameters, state_.best_parameters, path_.string());
    return true;
  }

 private:
  void start() {
    if (auto saved = load_checkpoint(path_)) {
      check_same_settings(saved->settings, trained_.settings, path_.string());
      state_ = std::move(*saved);
      copy_into(trained_.parameters, state_.parameters, path_.string());
      optimizer_.restore(state_.optimizer);
      saved_step_ = state_.step;
      progress_.on_stage(trained_.name, "goes on at step " + std::to_string(state_.step));
    } else {
      state_.settings = trained_.settings;
      progress_.on_stage(trained_.name, std::string("starts, in ") + (trained_.bf16 ? "bf16" : "fp32"));
    }
    agree_on_weights();
  }

  /// All ranks must have read the same checkpoint, and must have computed the same since.
  void agree_on_weights() {
    if (ranks_.size() == 1) return;
    agree(ranks_, "weights after step " + std::to_string(state_.step), fingerprint_of(trained_.parameters));
  }

  void take_step(const MicroBatches& micro_batches) {
    const std::uint64_t seed = Random::of(trained_.seed, static_cast<std::uint64_t>(state_.step)).next();
    const BatchLoss loss =
        workers_.add_gradients(trained_.objective, micro_batches, optimizer_.parameters(), {seed, trained_.bf16});
    require_finite(loss.total, "loss");
    gradient_norm_ = optimizer_.step(learning_rate(trained_.options, state_.step));
    require_finite(gradient_norm_, "gradient");
    ++state_.step;
    ++steps_since_report_;
    for (std::size_t i = 0; i < micro_batches.size(); ++i) {
      const auto tokens = static_cast<double>(micro_batches[i]->tokens());
      tokens_since_report_ += tokens;
      if (ranks_.has(i)) own_tokens_since_report_ += tokens;
    }
    for (const auto& [name, value] : loss.terms) loss_sums_[name] += value;
  }

  void require_finite(double value, const char* of) const {
    if (std::isfinite(value)) return;
    throw Error({trained_.name + ", step " + std::to_string(state_.step), std::string("a finite ") + of,
                 "NaN or infinity", "lower the learning rate; the last checkpoint is untouched"});
  }

  void report() {
    StepReport report{trained_.name, state_.step, trained_.options.steps, {}, gradient_norm_};
    for (const auto& [name, sum] : loss_sums_) {
      report.losses.emplace_back(name, sum / static_cast<double>(steps_since_report_));
    }
    const double seconds = seconds_since(last_report_);
    report.learning_rate = learning_rate(trained_.options, state_.step);
    report.tokens_per_second = tokens_since_report_ / seconds;
    report.seconds_left =
        seconds / static_cast<double>(steps_since_report_) * static_cast<double>(trained_.options.steps - state_.step);
    report.last_checkpoint = saved_step_;
    report.ranks = speeds_of_ranks(seconds);
    progress_.on_step(report);
    loss_sums_.clear();
    tokens_since_report_ = own_tokens_since_report_ = 0.0;
    waited_before_report_ = ranks_.seconds_waited();
    steps_since_report_ = 0;
    last_report_ = Clock::now();
  }

  /// What each rank has done since the last report; nothing for one alone.
  std::vector<RankSpeed> speeds_of_ranks(double seconds) {
    if (ranks_.size() == 1) return {};
    const double waited = ranks_.seconds_waited() - waited_before_report_;
    const nlohmann::json mine = {own_tokens_since_report_ / std::max(seconds - waited, 1e-9), waited / seconds};
    std::vector<RankSpeed> speeds;
    for (const std::string& said : ranks_.gather(mine.dump())) {
      const nlohmann::json of_rank = parse_json(said, "a rank's speed");
      speeds.push_back({of_rank.at(0).get<double>(), of_rank.at(1).get<double>()});
    }
    return speeds;
  }

  void validate() {
    const auto start = Clock::now();
    const double waited = ranks_.seconds_waited();
    agree_on_weights();
    ValidationReport report{trained_.name, state_.step, workers_.measure(trained_.objective, trained_.validation),
                            false, ""};
    const double value = report.measures.at(trained_.objective.selected_by());
    report.best = !state_.best || value > *state_.best;
    if (report.best) {
      state_.best = value;
      state_.best_parameters = copy_of(trained_.parameters);
    }
    {
      const torch::NoGradGuard no_grad;
      report.sample = trained_.objective.sample(*trained_.validation.back(), tokenizer_);
    }
    progress_.on_validation(report);
    waited_before_report_ += ranks_.seconds_waited() - waited;
    last_report_ += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds_since(start)));
  }

  void checkpoint() {
    saved_step_ = state_.step;
    last_checkpoint_ = Clock::now();
    if (!ranks_.is_first()) return;
    state_.parameters = trained_.parameters;
    state_.optimizer = optimizer_.state();
    save_checkpoint(path_, state_);
  }

  const TrainedStage& trained_;
  const Workers& workers_;
  const Tokenizer& tokenizer_;
  std::filesystem::path path_;
  TrainerOptions options_;
  TrainingProgress& progress_;
  std::unique_ptr<Ranks> alone_;
  Ranks& ranks_;
  Optimizer optimizer_;
  Checkpoint state_;
  std::int64_t saved_step_ = 0;
  double gradient_norm_ = 0.0;
  double tokens_since_report_ = 0.0, own_tokens_since_report_ = 0.0, waited_before_report_ = 0.0;
  std::int64_t steps_since_report_ = 0;
  std::map<std::string, double> loss_sums_;
  Clock::time_point last_report_, last_checkpoint_;
};

}  // namespace

bool train_stage(const TrainedStage& trained, const Workers& workers, const Tokenizer& tokenizer,
                 const std::filesystem::path& folder, const TrainerOptions& options, TrainingProgress& progress) {
  return Training(trained, workers, tokenizer, folder, options, progress).run();
}

bool bf16_is_faster(const Objective& objective, const std::shared_ptr<const Batch>& batch, const TensorMap& parameters,
                    const Workers& workers) {
  if (!has_bf16_products()) return false;  // there a large model would be minutes in the probe
  std::vector<torch::Tensor> tensors;
  for (const auto& [name, parameter] : parameters) tensors.push_back(torch::Tensor(parameter).requires_grad_(true));
  double seconds[2] = {0.0, 0.0};
  for (int round = 0; round < 4; ++round) {
    for (const bool bf16 : {false, true}) {
      const auto start = Clock::now();
      workers.add_gradients(objective, {batch, batch}, tensors, {1, bf16});
      if (round > 0) seconds[bf16] += seconds_since(start);
    }
  }
  for (torch::Tensor& tensor : tensors) tensor.mutable_grad().reset();
  return seconds[1] < 0.95 * seconds[0];
}

}  // namespace noema
