#include "decoding/reasoner.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "decoding/flops.h"

namespace noema {
namespace {

/// Each question once for each of its samples.
std::vector<TokenIds> repeated(std::vector<TokenIds> questions, std::int64_t samples) {
  std::vector<TokenIds> all;
  for (TokenIds& question : questions) {
    for (std::int64_t i = 1; i < samples; ++i) all.push_back(question);
    all.push_back(std::move(question));
  }
  return all;
}

}  // namespace

Reasoner::Reasoner(const Bundle& bundle, const Task& task, const std::string& mode)
    : bundle_(bundle), task_(task), mode_(mode), strategy_(make_strategy(mode)) {
  strategy_->check(bundle);
  if (bundle.accelerator) recorders_ = std::make_unique<StepRecorders>(bundle);
}

std::vector<TokenIds> Reasoner::tokenize(const std::vector<std::string>& questions, std::uint64_t first) const {
  std::vector<TokenIds> tokens;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    try {
      tokens.push_back(bundle_.tokenize_question(questions[i]));
    } catch (const Error& error) {
      const std::uint64_t number = first + i + 1;
      if (number == 1 && questions.size() == 1) throw;
      Problem problem = error.problem();
      problem.where = "question " + std::to_string(number) + ": " + problem.where;
      throw Error(problem);
    }
  }
  return tokens;
}

void Reasoner::check_samples(const ReasoningOptions& options, const RunOptions& run) const {
  if (run.samples < 1) throw Error({"samples", "1 or more", std::to_string(run.samples), ""});
  const bool draws = options.sampling.temperature > 0.0 || options.latent_temperature > 0.0 ||
                     (bundle_.concepts && bundle_.concepts->head().needs().randoms);
  if (run.samples == 1 || draws) return;
  throw Error({"samples", "a temperature above 0, of tokens or latents",
               "greedy reasoning, whose samples are all the same", "set --temperature or --latent-temperature"});
}

std::size_t Reasoner::room(const RunContext& context, std::int64_t longest) const {
  const std::int64_t wanted = std::max<std::int64_t>(context.run.batch, 1);
  if (context.run.memory == 0) return static_cast<std::size_t>(wanted);
  const std::int64_t of_row = strategy_->cache_bytes(context, longest);
  const std::int64_t fitting = context.run.memory / of_row;
  if (fitting == 0) {
    const auto megabytes = [](std::int64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; };
    throw Error({"memory for caches", megabytes(of_row) + " for a question of " + std::to_string(longest) + " tokens",
                 megabytes(context.run.memory), "allow more memory or fewer steps"});
  }
  return static_cast<std::size_t>(std::min(wanted, fitting));
}

std::vector<Trajectory> Reasoner::run(const std::vector<std::string>& questions, const ReasoningOptions& options,
                                      const RunOptions& run, Observer* observer) const {
  const torch::InferenceMode inference;
  check_samples(options, run);
  const auto samples = static_cast<std::size_t>(run.samples);
  FlopCounter counter(questions.size() * samples);
  std::vector<Observer*> watching;
  if (run.count_flops) watching.push_back(&counter);
  if (observer) watching.push_back(observer);
  ObserverGroup group(watching);
  const RunContext context{bundle_, task_, options, run, watching.empty() ? nullptr : &group, recorders_.get()};
  Schedule schedule(repeated(tokenize(questions, run.first_question), run.samples),
                    [&](std::int64_t longest) { return room(context, longest); });

  std::vector<Trajectory> trajectories(questions.size() * samples);
  ActiveBatch batch(context, std::move(schedule), [&](std::size_t place, Trajectory trajectory) {
    trajectory.question = questions[place / samples];
    trajectory.mode = mode_;
    if (run.count_flops) {
      trajectory.cost.flops = counter.flops(place);
      trajectory.cost.prefill_flops = counter.prefill_flops(place);
    }
    if (observer) observer->on_finished(place, trajectory);
    trajectories[place] = std::move(trajectory);
  });
  strategy_->run(batch);
  return trajectories;
}

}  // namespace noema
