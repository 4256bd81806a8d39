#include "nn/model/weights.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/error.h"

namespace noema {
namespace {

std::string error_of(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Weights, NewTensorsFollowTheirInit) {
  Weights weights(1);
  EXPECT_TRUE(weights.get("zeros", {3, 2}, Init::zeros()).equal(torch::zeros({3, 2})));
  EXPECT_TRUE(weights.get("ones", {4}, Init::ones()).equal(torch::ones({4})));
  const torch::Tensor normal = weights.get("normal", {200, 200}, Init::normal(0.02));
  EXPECT_EQ(normal.dtype(), torch::kFloat32);
  EXPECT_NEAR(normal.mean().item<double>(), 0.0, 5e-4);
  EXPECT_NEAR(normal.std().item<double>(), 0.02, 5e-4);
}

TEST(Weights, AreRandomBySeedAndNameAlone) {
  Weights first(1), second(1), other(2);
  const torch::Tensor a = first.get("a", {8}, Init::normal(1.0)), b = first.get("b", {8}, Init::normal(1.0));
  torch::manual_seed(99);
  EXPECT_TRUE(second.get("b", {8}, Init::normal(1.0)).equal(b));  // asked for in another order
  EXPECT_TRUE(second.get("a", {8}, Init::normal(1.0)).equal(a));
  EXPECT_FALSE(a.equal(b));
  EXPECT_FALSE(other.get("a", {8}, Init::normal(1.0)).equal(a));
}

TEST(Weights, LeaveTheGlobalGeneratorAlone) {
  torch::manual_seed(5);
  const torch::Tensor expected = torch::rand({4});
  torch::manual_seed(5);
  Weights weights(1);
  weights.get("a", {100}, Init::normal(1.0));
  EXPECT_TRUE(torch::rand({4}).equal(expected));
}

TEST(Weights, AHandleSharesTheTensor) {
  Weights weights(1);
  const torch::Tensor handle = weights.get("a", {2}, Init::zeros());
  weights.tensors().at("a").fill_(3.0);
  EXPECT_TRUE(handle.equal(torch::full({2}, 3.0)));
  EXPECT_TRUE(weights.get("a", {2}, Init::zeros()).is_same(handle));
}

TEST(Weights, AreOfTheTypeAskedFor) {
  Weights fresh(1, torch::kBFloat16);
  EXPECT_EQ(fresh.get("a", {2}, Init::normal(1.0)).dtype(), torch::kBFloat16);
  Weights given({{"a", torch::ones({2})}}, "model", torch::kBFloat16);
  EXPECT_EQ(given.get("a", {2}, Init::zeros()).dtype(), torch::kBFloat16);
}

TEST(Weights, GivenTensorsMustBeThereAndOfTheirShape) {
  Weights weights({{"a", torch::full({2, 3}, 7.0)}}, "some.safetensors");
  EXPECT_TRUE(weights.get("a", {2, 3}, Init::zeros()).equal(torch::full({2, 3}, 7.0)));
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{3, 2}, {6}, {2, 3, 1}, {}}) {
    const std::string message = error_of([&] { weights.get("a", shape, Init::zeros()); });
    EXPECT_NE(message.find("some.safetensors: tensor \"a\""), std::string::npos) << message;
    EXPECT_NE(message.find("[2, 3]"), std::string::npos) << message;
  }
  const std::string missing = error_of([&] { weights.get("b", {5}, Init::zeros()); });
  EXPECT_NE(missing.find("some.safetensors: expected tensor \"b\" of shape [5]"), std::string::npos) << missing;
  EXPECT_EQ(weights.tensors().size(), 1u);
}

TEST(Weights, StartingFromOthersAddsWhatTheyLack) {
  const torch::Tensor old = torch::full({2}, 7.0);
  Weights weights = Weights::starting_from({{"old", old}}, 3);
  EXPECT_TRUE(weights.get("old", {2}, Init::normal(1.0)).equal(old));
  Weights fresh(3);
  EXPECT_TRUE(weights.get("new", {8}, Init::normal(1.0)).equal(fresh.get("new", {8}, Init::normal(1.0))));
  EXPECT_THROW(weights.get("old", {3}, Init::normal(1.0)), Error);
}

TEST(WeightScope, PrefixesNames) {
  Weights weights(1);
  const WeightScope scope = WeightScope(weights) / "layers" / "0" / "norm";
  scope.get("weight", {2}, Init::ones());
  EXPECT_EQ(weights.tensors().count("layers.0.norm.weight"), 1u);
}

}  // namespace
}  // namespace noema
