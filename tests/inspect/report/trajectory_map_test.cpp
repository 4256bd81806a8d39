#include "inspect/report/trajectory_map.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "base/error.h"
#include "nn/formats/safetensors.h"

namespace noema {
namespace {

TEST(TrajectoryMap, AxesAreThoseAlongWhichLatentsDifferMost) {
  const auto folder = std::filesystem::temp_directory_path() / ("noema-map-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  // Far apart along one direction, a little along another, hardly along the third.
  const torch::Tensor latents = torch::tensor({{9.0f, 1.0f, 5.0f}, {-9.0f, 1.0f, 5.1f}, {0.0f, -2.0f, 4.9f}});
  write_safetensors(folder / "trajectories.safetensors",
                    {{"latents", latents}, {"question", torch::tensor({4, 4, 7}, torch::kLong)}});
  const TrajectoryMap map = make_trajectory_map({"nowhere.json", folder});
  ASSERT_EQ(map.paths.size(), 2u);
  const auto& path = map.paths.at({1, 4});
  ASSERT_EQ(path.size(), 2u);
  EXPECT_NEAR(std::abs(path[0][0] - path[1][0]), 18.0, 0.05);
  EXPECT_NEAR(map.explained[0], 162.0 / 168.0, 0.01);
  EXPECT_NEAR(map.explained[0] + map.explained[1], 1.0, 0.01);

  write_safetensors(folder / "trajectories.safetensors", {{"latents", latents}});
  EXPECT_THROW(make_trajectory_map({folder}), Error);
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(make_trajectory_map({folder}).paths.empty());
}

}  // namespace
}  // namespace noema
