#include "apps/bench/machine.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <fstream>

#include "base/stopwatch.h"

namespace noema {
namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(std::min(line.find(": ") + 2, line.size()));
  }
  return "unknown";
}

}  // namespace

Machine measure_machine() {
  constexpr std::int64_t kRows = 16384, kColumns = 4096, kSize = 1024;  // 256 MB, far beyond the caches
  const c10::InferenceMode inference;
  Machine machine{processor_name(), at::get_num_threads()};
  const torch::Tensor matrix = torch::ones({kRows, kColumns}), vector = torch::ones({kColumns});
  machine.bandwidth_gb_s = 4.0 * kRows * kColumns / least_seconds(6, [&] { at::mv(matrix, vector); }) / 1e9;
  const torch::Tensor a = torch::rand({kSize, kSize}), b = torch::rand({kSize, kSize});
  machine.compute_gflop_s = 2.0 * kSize * kSize * kSize / least_seconds(6, [&] { at::mm(a, b); }) / 1e9;
  return machine;
}

}  // namespace noema
