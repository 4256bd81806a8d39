#include <torch/torch.h>

#include <bit>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "training/run/workers.h"

namespace noema {
namespace {

constexpr std::int64_t kBucketNumbers = 1 << 20;  // at most, unless one parameter has more
constexpr std::int64_t kAligned = 16;             // numbers: what a register holds

/// Numbers are sent as their bits: NaN and infinity are no JSON.
std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }
double of_bits(const nlohmann::json& bits) { return std::bit_cast<double>(bits.get<std::uint64_t>()); }

std::int64_t room_for(const torch::Tensor& parameter) {
  return (parameter.numel() + kAligned - 1) / kAligned * kAligned;
}

/// Gradients that are summed together: those of parameters [begin, end), behind each other in one tensor.
struct Bucket {
  std::size_t begin = 0, end = 0;
  torch::Tensor numbers = {};
};

std::vector<Bucket> buckets_of(const std::vector<torch::Tensor>& parameters) {
  std::vector<Bucket> buckets;
  std::int64_t room = 0;
  for (std::size_t p = parameters.size(); p > 0; --p) {
    room += room_for(parameters[p - 1]);
    if (buckets.empty() || room > kBucketNumbers) {
      buckets.push_back({p - 1, p});
      room = room_for(parameters[p - 1]);
    }
    buckets.back().begin = p - 1;
  }
  return buckets;
}

/// Takes the gradients in, and makes those of the parameters views of its own numbers.
void fill(Bucket& bucket, const std::vector<torch::Tensor>& parameters, double share) {
  std::int64_t room = 0;
  for (std::size_t p = bucket.begin; p < bucket.end; ++p) room += room_for(parameters[p]);
  bucket.numbers = torch::zeros({room}, parameters[bucket.begin].options().requires_grad(false));
  std::int64_t at = 0;
  for (std::size_t p = bucket.begin; p < bucket.end; ++p) {
    torch::Tensor view = bucket.numbers.narrow(0, at, parameters[p].numel()).view(parameters[p].sizes());
    at += room_for(parameters[p]);
    torch::Tensor& gradient = torch::Tensor(parameters[p]).mutable_grad();
    if (gradient.defined()) at::mul_out(view, gradient, torch::scalar_tensor(share, gradient.options()));
    gradient = view;
  }
}

class RankWorkers final : public Workers {
 public:
  RankWorkers(std::unique_ptr<const Workers> local, Ranks& ranks) : local_(std::move(local)), ranks_(ranks) {}

  BatchLoss add_gradients(const Objective& objective, const MicroBatches& micro_batches,
                          const std::vector<torch::Tensor>& parameters, const GradientOptions& options) const override {
    double weights = 0.0, own_weights = 0.0;
    for (std::size_t i = 0; i < micro_batches.size(); ++i) {
      weights += micro_batches[i]->weight();
      if (ranks_.has(i)) own_weights += micro_batches[i]->weight();
    }
    BatchLoss loss;
    const auto rank = static_cast<std::size_t>(ranks_.rank()), size = static_cast<std::size_t>(ranks_.size());
    const MicroBatches own = share_of(micro_batches);
    if (!own.empty()) {
      loss = local_->add_gradients(
          objective, own, parameters,
          {options.seed, options.bf16, options.first + rank * options.stride, options.stride * size});
    }
    const double share = own_weights / weights;
    sum_gradients(parameters, share);
    return summed(loss, share);
  }

  Counts count(const Objective& objective, const MicroBatches& batches) const override {
    nlohmann::json counts(nlohmann::json::value_t::object);
    for (const auto& [name, count] : local_->count(objective, share_of(batches))) {
      counts[name] = {bits_of(count.first), bits_of(count.second)};
    }
    Counts sums;
    for (const std::string& said : ranks_.gather(counts.dump())) {
      const nlohmann::json of_rank = parse_json(said, "a rank's counts");
      for (const auto& [name, count] : of_rank.items()) {
        sums[name].first += of_bits(count.at(0));
        sums[name].second += of_bits(count.at(1));
      }
    }
    return sums;
  }

 private:
  MicroBatches share_of(const MicroBatches& all) const {
    MicroBatches own;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (ranks_.has(i)) own.push_back(all[i]);
    }
    return own;
  }

  void sum_gradients(const std::vector<torch::Tensor>& parameters, double share) const {
    const torch::NoGradGuard no_grad;
    std::vector<Bucket> buckets = buckets_of(parameters);
    for (Bucket& bucket : buckets) {
      fill(bucket, parameters, share);
      ranks_.start_sum(bucket.numbers);
    }
    ranks_.finish_sums();
  }

  BatchLoss summed(const BatchLoss& own, double share) const {
    nlohmann::json terms(nlohmann::json::value_t::object);
    for (const auto& [name, value] : own.terms) terms[name] = bits_of(share * value);
    const nlohmann::json mine = {{"total", bits_of(share * own.total)}, {"terms", terms}};
    BatchLoss loss;
    for (const std::string& said : ranks_.gather(mine.dump())) {
      const nlohmann::json of_rank = parse_json(said, "a rank's losses");
      loss.total += of_bits(of_rank.at("total"));
      for (const auto& [name, bits] : of_rank.at("terms").items()) loss.terms[name] += of_bits(bits);
    }
    return loss;
  }

  std::unique_ptr<const Workers> local_;
  Ranks& ranks_;
};

}  // namespace

std::unique_ptr<const Workers> make_rank_workers(std::unique_ptr<const Workers> local, Ranks& ranks) {
  return std::make_unique<const RankWorkers>(std::move(local), ranks);
}

}  // namespace noema
