#include "decoding/reasoner.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "decoding/flops.h"

namespace noema {

Reasoner::Reasoner(const Bundle& bundle, const Task& task, const std::string& mode)
    : bundle_(bundle), task_(task), mode_(mode), strategy_(make_strategy(mode)) {
  strategy_->check(bundle);
}

std::vector<TokenIds> Reasoner::tokenize(const std::vector<std::string>& questions) const {
  std::vector<TokenIds> tokens;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    try {
      tokens.push_back(bundle_.tokenize_question(questions[i]));
    } catch (const Error& error) {
      if (questions.size() == 1) throw;
      Problem problem = error.problem();
      problem.where = "question " + std::to_string(i + 1) + ": " + problem.where;
      throw Error(problem);
    }
  }
  return tokens;
}

std::size_t Reasoner::batch_size(const RunContext& context, std::int64_t longest) const {
  const std::int64_t wanted = std::max<std::int64_t>(context.options.batch, 1);
  if (context.options.memory == 0) return static_cast<std::size_t>(wanted);
  const std::int64_t of_row = strategy_->cache_bytes(context, longest);
  const std::int64_t fitting = context.options.memory / of_row;
  if (fitting == 0) {
    const auto megabytes = [](std::int64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; };
    throw Error({"memory for caches", megabytes(of_row) + " for a question of " + std::to_string(longest) + " tokens",
                 megabytes(context.options.memory), "allow more memory or fewer steps"});
  }
  return static_cast<std::size_t>(std::min(wanted, fitting));
}

std::vector<Trajectory> Reasoner::run(const std::vector<std::string>& questions, const ReasoningOptions& options,
                                      Observer* observer) const {
  const torch::InferenceMode inference;
  const std::vector<TokenIds> tokens = tokenize(questions);
  std::vector<std::size_t> order(questions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return tokens[a].size() > tokens[b].size(); });

  FlopCounter counter(questions.size());
  std::vector<Observer*> watching;
  if (options.count_flops) watching.push_back(&counter);
  if (observer) watching.push_back(observer);
  ObserverGroup group(watching);
  const RunContext context{bundle_, task_, options, watching.empty() ? nullptr : &group};

  std::vector<Trajectory> trajectories(questions.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    end = std::min(order.size(), begin + batch_size(context, static_cast<std::int64_t>(tokens[order[begin]].size())));
    const std::vector<std::size_t> places(order.begin() + static_cast<std::ptrdiff_t>(begin),
                                          order.begin() + static_cast<std::ptrdiff_t>(end));
    std::vector<TokenIds> batch_tokens;
    for (const std::size_t place : places) batch_tokens.push_back(tokens[place]);
    ActiveBatch batch(context, places, batch_tokens);
    strategy_->run(batch);
    auto done = batch.take_trajectories();
    for (std::size_t i = 0; i < places.size(); ++i) {
      done[i].question = questions[places[i]];
      done[i].mode = mode_;
      if (options.count_flops) {
        done[i].cost.flops = counter.flops(places[i]);
        done[i].cost.prefill_flops = counter.prefill_flops(places[i]);
      }
      if (observer) observer->on_finished(places[i], done[i]);
      trajectories[places[i]] = std::move(done[i]);
    }
  }
  return trajectories;
}

}  // namespace noema
