#include "inspect/probes/retrieval.h"

#include <torch/torch.h>

#include <algorithm>

namespace noema {
namespace {

constexpr std::int64_t kDistanceCells = 1 << 21;  // of a table of distances: 16 MB

/// Whether two steps are one, or follow each other.
bool are_neighbours(const ExampleBatch::Place& a, const ExampleBatch::Place& b) {
  return a.example == b.example && a.step <= b.step + 1 && b.step <= a.step + 1;
}

Retrieval judge(const double* distances, std::size_t own, const std::vector<std::size_t>& numbers,
                const std::vector<ExampleBatch::Place>& places) {
  std::size_t nearest = own;
  double others = 0.0, further = 0.0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (distances[i] < distances[nearest]) nearest = i;
    if (numbers[i] == numbers[own] || are_neighbours(places[i], places[own])) continue;
    others += 1.0;
    further += distances[i] > distances[own];
  }
  Retrieval retrieval{numbers[nearest] == numbers[own], std::nullopt};
  if (others > 0.0) retrieval.contrastive = further / others;
  return retrieval;
}

}  // namespace

std::vector<Retrieval> retrieve(const torch::Tensor& predicted, const torch::Tensor& truth,
                                const std::vector<std::size_t>& numbers,
                                const std::vector<ExampleBatch::Place>& places) {
  const std::int64_t count = truth.size(0);
  const torch::Tensor wide = truth.to(torch::kFloat64);  // the square of a difference needs the digits
  const torch::Tensor squares = wide.square().sum(1);    // [N]
  std::vector<Retrieval> all;
  const std::int64_t together = std::clamp<std::int64_t>(kDistanceCells / std::max<std::int64_t>(count, 1), 1, 512);
  for (std::int64_t first = 0; first < count; first += together) {
    const torch::Tensor block = predicted.narrow(0, first, std::min(together, count - first)).to(torch::kFloat64);
    // |p - t|^2 without |p|^2, which is the same for a whole row.
    const torch::Tensor distances = (squares - 2.0 * at::matmul(block, wide.t())).contiguous();
    for (std::int64_t row = 0; row < block.size(0); ++row) {
      all.push_back(
          judge(distances.data_ptr<double>() + row * count, static_cast<std::size_t>(first + row), numbers, places));
    }
  }
  return all;
}

}  // namespace noema
