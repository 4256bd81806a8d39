#include "concept_lm/familiarity.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace noema {
namespace {

TEST(Familiarity, MeasuresFromTheMeanInWhitenedSpace) {
  Weights weights({{"mean", torch::tensor({1.0F, 2.0F})},
                   {"whitening", torch::tensor({{2.0F, 0.0F}, {0.0F, 0.5F}})},
                   {"examples", torch::tensor({{0.0F, 0.0F}, {2.0F, 2.0F}})}},
                  "test");
  const Familiarity familiarity({.latent_width = 2, .most = 1.5, .examples = {"Where is Tom?", "How many?"}}, weights);
  const torch::Tensor whitened = familiarity.whitened(torch::tensor({{1.0F, 2.0F}, {2.0F, 4.0F}, {1.0F, 8.0F}}));
  EXPECT_TRUE(torch::allclose(whitened, torch::tensor({{0.0F, 0.0F}, {2.0F, 1.0F}, {0.0F, 3.0F}})));
  const torch::Tensor distances = Familiarity::distances(whitened);
  EXPECT_NEAR(distances[1].item<double>(), std::sqrt((4.0 + 1.0) / 2.0), 1e-6);
  EXPECT_TRUE(familiarity.is_familiar(distances[0].item<double>()));
  EXPECT_FALSE(familiarity.is_familiar(distances[1].item<double>()));
  EXPECT_EQ(familiarity.nearest(whitened[0]), "Where is Tom?");
  EXPECT_EQ(familiarity.nearest(whitened[1]), "How many?");
}

}  // namespace
}  // namespace noema
