#include "inspect/report/trajectory_map.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "nn/formats/safetensors.h"

namespace noema {
namespace {

/// All latents of a dump, with whose each is.
struct DumpedLatents {
  std::size_t run = 0;
  torch::Tensor latents, question;  // [N,Z] fp32, [N]
};

constexpr std::int64_t kMostRows = 2'000'000, kWidest = 8192;

std::vector<DumpedLatents> read_latents(const std::vector<std::filesystem::path>& runs) {
  std::vector<DumpedLatents> all;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    std::error_code failure;
    std::vector<std::filesystem::path> shards;
    for (const auto& entry : std::filesystem::directory_iterator(runs[run], failure)) {
      if (entry.path().extension() == ".safetensors") shards.push_back(entry.path());
    }
    std::sort(shards.begin(), shards.end());
    for (const auto& shard : shards) {
      const SafetensorsFile file = read_safetensors(shard);
      const auto latents = file.tensors.find("latents"), question = file.tensors.find("question");
      const bool fits = latents != file.tensors.end() && question != file.tensors.end() && latents->second.dim() == 2 &&
                        question->second.dim() == 1 && latents->second.size(0) == question->second.size(0) &&
                        latents->second.size(0) <= kMostRows && latents->second.size(1) <= kWidest;
      if (!fits) throw Error({shard.string(), "latents [N,Z] and question [N]", "others", "dump again"});
      check_finite({{"latents", latents->second}}, shard.string());
      if (latents->second.numel() == 0) continue;
      all.push_back({run, latents->second.to(torch::kFloat32), question->second.to(torch::kLong)});
    }
  }
  return all;
}

}  // namespace

TrajectoryMap make_trajectory_map(const std::vector<std::filesystem::path>& runs) {
  const torch::InferenceMode inference;
  const std::vector<DumpedLatents> dumps = read_latents(runs);
  TrajectoryMap map;
  if (dumps.empty()) return map;
  std::vector<torch::Tensor> pieces;
  for (const DumpedLatents& dump : dumps) {
    if (dump.latents.size(1) != dumps.front().latents.size(1)) return map;  // of other models: no plane holds both
    pieces.push_back(dump.latents);
  }
  const torch::Tensor all = torch::cat(pieces);  // [N,Z]
  if (all.size(0) < 3 || all.size(1) < 2) return map;
  const torch::Tensor mean = all.mean(0);
  // The covariance has the same axes as the latents, and does not grow with their number.
  const torch::Tensor centred = all - mean;
  const auto [axes, values, unused] = at::linalg_svd(at::matmul(centred.t(), centred));  // [Z,Z], [Z]
  const double total = values.sum().item<double>();
  for (int i = 0; i < 2; ++i) map.explained.push_back(total > 0.0 ? values[i].item<double>() / total : 0.0);
  const torch::Tensor plane = axes.narrow(1, 0, 2);
  for (const DumpedLatents& dump : dumps) {
    const torch::Tensor points = at::matmul(dump.latents - mean, plane).to(torch::kFloat64).contiguous();
    for (std::int64_t row = 0; row < points.size(0); ++row) {
      map.paths[{dump.run, dump.question[row].item<std::int64_t>()}].push_back(
          {points[row][0].item<double>(), points[row][1].item<double>()});
    }
  }
  return map;
}

}  // namespace noema
