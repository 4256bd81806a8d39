#include "inspect/interventions/interventions.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "decoding/perturbation.h"
#include "nn/model/index_tensor.h"

namespace noema {
namespace {

class Noise final : public Intervention {
 public:
  Noise(NoisePlace place, double sigma, double probability) : place_(place), sigma_(sigma), probability_(probability) {}

  Concept on_predicted(const Concept& concepts, const LatentRows& rows) override {
    if (place_ != NoisePlace::written) return concepts;
    return {noisy(concepts.embedding, rows), concepts.input};
  }

  torch::Tensor on_fed_back(const torch::Tensor& inputs, const LatentRows& rows) override {
    return place_ == NoisePlace::fed_back ? noisy(inputs, rows) : inputs;
  }

 private:
  torch::Tensor noisy(const torch::Tensor& x, const LatentRows& rows) const {
    torch::Tensor hit = torch::empty({x.size(0), 1}, torch::kBool);
    for (std::int64_t row = 0; row < x.size(0); ++row) {
      hit[row][0] = rows.randoms[static_cast<std::size_t>(row)]->chance(probability_);
    }
    return torch::where(hit.to(x.device()), with_noise(x, sigma_, rows.randoms), x);
  }

  NoisePlace place_;
  double sigma_, probability_;
};

class Constant final : public Intervention {
 public:
  explicit Constant(torch::Tensor value) : value_(std::move(value)) {}
  torch::Tensor on_fed_back(const torch::Tensor& inputs, const LatentRows&) override {
    return value_.to(inputs.options()).expand_as(inputs);
  }

 private:
  torch::Tensor value_;  // [D], or a scalar
};

class Shuffle final : public Intervention {
 public:
  torch::Tensor on_fed_back(const torch::Tensor& inputs, const LatentRows& rows) override {
    if (inputs.size(0) < 2) return torch::zeros_like(inputs);
    std::vector<std::int64_t> order(rows.steps.size());  // rows at the same step stand next to each other
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
      return rows.steps[static_cast<std::size_t>(a)] < rows.steps[static_cast<std::size_t>(b)];
    });
    const torch::Tensor index = index_tensor(order, inputs.device());
    return torch::empty_like(inputs).index_copy_(0, index, inputs.index_select(0, index).roll(1, 0));
  }
};

class RandomDirection final : public Intervention {
 public:
  torch::Tensor on_fed_back(const torch::Tensor& inputs, const LatentRows& rows) override {
    const torch::Tensor noise = with_noise(inputs, 1.0, rows.randoms) - inputs;
    return noise / noise.norm(2, -1, true).clamp_min(1e-12) * inputs.norm(2, -1, true);
  }
};

class Freeze final : public Intervention {
 public:
  explicit Freeze(std::size_t step) : step_(step) {}

  torch::Tensor on_fed_back(const torch::Tensor& inputs, const LatentRows& rows) override {
    std::vector<torch::Tensor> frozen = inputs.unbind(0);
    for (std::size_t row = 0; row < frozen.size(); ++row) {
      if (rows.steps[row] == step_) kept_[rows.questions[row]] = frozen[row].clone();
      if (rows.steps[row] > step_) frozen[row] = kept_.at(rows.questions[row]);
    }
    return torch::stack(frozen);
  }

 private:
  std::size_t step_;
  std::map<std::size_t, torch::Tensor> kept_;  // by question
};

/// Shows the inner intervention only the rows that have come to a step.
class OnlyAt final : public Intervention {
 public:
  OnlyAt(std::size_t step, std::unique_ptr<Intervention> inner) : step_(step), inner_(std::move(inner)) {}

  Concept on_predicted(const Concept& concepts, const LatentRows& rows) override {
    const Chosen chosen(rows, step_, concepts.embedding.device());
    if (chosen.index.numel() == 0) return concepts;
    const Concept changed = inner_->on_predicted(
        {concepts.embedding.index_select(0, chosen.index), concepts.input.index_select(0, chosen.index)},
        chosen.rows());
    return {concepts.embedding.index_copy(0, chosen.index, changed.embedding),
            concepts.input.index_copy(0, chosen.index, changed.input)};
  }

  torch::Tensor on_fed_back(const torch::Tensor& inputs, const LatentRows& rows) override {
    const Chosen chosen(rows, step_, inputs.device());
    if (chosen.index.numel() == 0) return inputs;
    return inputs.index_copy(0, chosen.index, inner_->on_fed_back(inputs.index_select(0, chosen.index), chosen.rows()));
  }

 private:
  struct Chosen {
    Chosen(const LatentRows& all, std::size_t step, torch::Device device) {
      std::vector<std::int64_t> places;
      for (std::size_t row = 0; row < all.steps.size(); ++row) {
        if (all.steps[row] != step) continue;
        places.push_back(static_cast<std::int64_t>(row));
        questions.push_back(all.questions[row]);
        randoms.push_back(all.randoms[row]);
        steps.push_back(step);
      }
      index = index_tensor(places, device);
    }
    LatentRows rows() const { return {questions, randoms, steps}; }

    torch::Tensor index;  // [B'] int64
    std::vector<std::size_t> questions, steps;
    std::vector<Random*> randoms;
  };

  std::size_t step_;
  std::unique_ptr<Intervention> inner_;
};

class Sequence final : public Intervention {
 public:
  explicit Sequence(std::vector<Intervention*> interventions) : interventions_(std::move(interventions)) {}

  Concept on_predicted(const Concept& concepts, const LatentRows& rows) override {
    Concept changed = concepts;
    for (Intervention* intervention : interventions_) changed = intervention->on_predicted(changed, rows);
    return changed;
  }
  torch::Tensor on_fed_back(const torch::Tensor& inputs, const LatentRows& rows) override {
    torch::Tensor changed = inputs;
    for (Intervention* intervention : interventions_) changed = intervention->on_fed_back(changed, rows);
    return changed;
  }

 private:
  std::vector<Intervention*> interventions_;
};

class Replacement final : public Intervention {
 public:
  explicit Replacement(Concept replacement) : replacement_(std::move(replacement)) {}

  Concept on_predicted(const Concept& concepts, const LatentRows&) override {
    return {replacement_.embedding.expand_as(concepts.embedding), replacement_.input.expand_as(concepts.input)};
  }

 private:
  Concept replacement_;
};

class Replacements final : public Intervention {
 public:
  explicit Replacements(std::vector<std::optional<PlacedConcept>> by_question) : by_question_(std::move(by_question)) {}

  Concept on_predicted(const Concept& concepts, const LatentRows& rows) override {
    Concept changed = {concepts.embedding.clone(), concepts.input.clone()};
    for (std::size_t row = 0; row < rows.questions.size(); ++row) {
      const auto& placed = by_question_.at(rows.questions[row]);
      if (!placed || placed->step != rows.steps[row]) continue;
      changed.embedding[static_cast<std::int64_t>(row)] = placed->replacement.embedding;
      changed.input[static_cast<std::int64_t>(row)] = placed->replacement.input;
    }
    return changed;
  }

 private:
  std::vector<std::optional<PlacedConcept>> by_question_;
};

}  // namespace

std::unique_ptr<Intervention> make_noise(NoisePlace place, double sigma, double probability) {
  return std::make_unique<Noise>(place, sigma, probability);
}
std::unique_ptr<Intervention> make_zero() { return make_constant(torch::zeros({})); }
std::unique_ptr<Intervention> make_constant(torch::Tensor value) {
  return std::make_unique<Constant>(std::move(value));
}
std::unique_ptr<Intervention> make_shuffle() { return std::make_unique<Shuffle>(); }
std::unique_ptr<Intervention> make_random_direction() { return std::make_unique<RandomDirection>(); }
std::unique_ptr<Intervention> make_freeze(std::size_t step) { return std::make_unique<Freeze>(step); }
std::unique_ptr<Intervention> make_only_at(std::size_t step, std::unique_ptr<Intervention> inner) {
  return std::make_unique<OnlyAt>(step, std::move(inner));
}
std::unique_ptr<Intervention> make_sequence(std::vector<Intervention*> interventions) {
  return std::make_unique<Sequence>(std::move(interventions));
}
std::unique_ptr<Intervention> make_replacement(std::size_t step, Concept replacement) {
  return make_only_at(step, std::make_unique<Replacement>(std::move(replacement)));
}

std::unique_ptr<Intervention> make_replacements(std::vector<std::optional<PlacedConcept>> by_question) {
  return std::make_unique<Replacements>(std::move(by_question));
}

torch::Tensor FeedbackMean::on_fed_back(const torch::Tensor& inputs, const LatentRows&) {
  const torch::Tensor sum = inputs.sum(0);
  sum_ = sum_.defined() ? sum_ + sum : sum;
  count_ += static_cast<double>(inputs.size(0));
  return inputs;
}

torch::Tensor FeedbackMean::mean() const {
  if (count_ == 0.0) throw Error({"mean of latents", "a latent that was fed back", "none", "ask longer questions"});
  return sum_ / count_;
}

}  // namespace noema
