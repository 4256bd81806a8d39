#include "training/run/workers.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include "base/random.h"
#include "nn/kernels/parallel.h"

namespace noema {
namespace {

/// Matrix products in bf16 while it lives, on this thread.
class Autocast {
 public:
  explicit Autocast(bool on) : on_(on) {
    if (!on_) return;
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::increment_nesting();
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;
  ~Autocast() {
    if (!on_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCPU, false);
  }

 private:
  bool on_;
};

struct MicroBatchResult {
  BatchLoss loss;
  std::vector<torch::Tensor> gradients;  // in the order of the parameters; undefined: the loss does not depend on it
};

MicroBatchResult run(const Objective& objective, const Batch& batch, const std::vector<torch::Tensor>& parameters,
                     std::uint64_t seed, bool bf16) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  MicroBatchResult result;
  torch::Tensor loss;
  {
    const Autocast autocast(bf16);
    const LossTerms terms = objective.loss(batch, generator);
    loss = total(terms);
    for (const LossTerm& term : terms) result.loss.terms[term.name] = term.value.item<double>();
  }
  result.loss.total = loss.item<double>();
  result.gradients = torch::autograd::grad({loss}, parameters, {}, {}, false, /*allow_unused=*/true);
  return result;
}

BatchLoss add_up(const std::vector<MicroBatchResult>& results, const MicroBatches& micro_batches,
                 const std::vector<torch::Tensor>& parameters) {
  double weights = 0.0;
  for (const auto& batch : micro_batches) weights += batch->weight();
  BatchLoss sum;
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const double share = micro_batches[i]->weight() / weights;
    sum.total += share * results[i].loss.total;
    for (const auto& [name, value] : results[i].loss.terms) sum.terms[name] += share * value;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      const torch::Tensor& found = results[i].gradients[p];
      torch::Tensor& gradient = torch::Tensor(parameters[p]).mutable_grad();
      if (!found.defined()) continue;
      gradient = gradient.defined() ? gradient.add_(found, share) : found * share;
    }
  }
  return sum;
}

class ThreadWorkers final : public Workers {
 public:
  BatchLoss add_gradients(const Objective& objective, const MicroBatches& micro_batches,
                          const std::vector<torch::Tensor>& parameters, const GradientOptions& options) const override {
    std::vector<MicroBatchResult> results(micro_batches.size());
    parallel_for(0, static_cast<std::int64_t>(results.size()), 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        results[i] = run(objective, *micro_batches[i], parameters,
                         Random::of(options.seed, options.first + i * options.stride).next(), options.bf16);
      }
    });
    return add_up(results, micro_batches, parameters);
  }

  Counts count(const Objective& objective, const MicroBatches& batches) const override {
    std::vector<Counts> found(batches.size());
    parallel_for(0, static_cast<std::int64_t>(batches.size()), 1, [&](std::int64_t begin, std::int64_t end) {
      const torch::NoGradGuard no_grad;
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        found[i] = objective.measure(*batches[i]);
      }
    });
    Counts sums;
    for (const Counts& counts : found) add_to(sums, counts);
    return sums;
  }
};

}  // namespace

std::map<std::string, double> Workers::measure(const Objective& objective, const MicroBatches& batches) const {
  std::map<std::string, double> shares;
  for (const auto& [name, count] : count(objective, batches)) {
    shares[name] = count.second > 0 ? count.first / count.second : 0.0;
  }
  return shares;
}

std::unique_ptr<const Workers> make_thread_workers() { return std::make_unique<const ThreadWorkers>(); }

}  // namespace noema
