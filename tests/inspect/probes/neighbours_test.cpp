#include "inspect/probes/neighbours.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <set>

#include "base/error.h"
#include "inspect/probes/examples.h"
#include "support/tiny_bundle.h"

namespace noema {
namespace {

constexpr double kCosineClose = 1e-5;

class NeighboursTest : public testing::TestWithParam<std::int64_t> {
 protected:
  NeighboursTest() : bundle_(tiny_bundle()), task_(make_task("stories")), examples_(tiny_examples()) {}

  NeighbourIndex index(std::int64_t batch = 4) const {
    NeighbourOptions options;
    options.batch = batch;
    return NeighbourIndex::build(bundle_, *task_, examples_, options);
  }

  torch::NoGradGuard no_grad_;
  Bundle bundle_;
  std::unique_ptr<Task> task_;
  std::vector<Example> examples_;
};

TEST_P(NeighboursTest, AnIndexFindsItsOwnSentences) {
  const NeighbourIndex index = this->index(GetParam());
  const torch::Tensor z = true_embeddings(bundle_, examples_);
  const auto found = index.query(z);
  ASSERT_EQ(index.size(), z.size(0));
  EXPECT_EQ(index.left_out(), 0u);
  std::size_t n = 0;
  for (std::size_t example = 0; example < examples_.size(); ++example) {
    for (std::size_t step = 0; step < examples_[example].steps.size(); ++step, ++n) {
      const Neighbour& nearest = found[n].nearest.at(0);
      EXPECT_EQ(nearest.text, examples_[example].steps[step]);
      EXPECT_EQ(nearest.place.example, example);
      EXPECT_EQ(nearest.place.step, step);
      EXPECT_NEAR(nearest.cosine, 1.0, kCosineClose);
      EXPECT_EQ(found[n].outlyingness, 0.0);
      EXPECT_EQ(found[n].quantile, 0.0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Batches, NeighboursTest, testing::Values(1, 3, 64));

TEST_F(NeighboursTest, EveryTextStandsOnceNearestFirst) {
  const NeighbourIndex index = this->index();
  const torch::Tensor z = true_embeddings(bundle_, examples_);
  const torch::Tensor asked = z.mean(0, true);
  const auto nearest = index.query(asked, 1000).at(0).nearest;
  ASSERT_EQ(nearest.size(), index.texts());
  EXPECT_LT(nearest.size(), static_cast<std::size_t>(index.size()));
  std::set<std::string> texts;
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    EXPECT_TRUE(texts.insert(nearest[i].text).second);
    if (i > 0) EXPECT_GE(nearest[i - 1].cosine, nearest[i].cosine);
  }
  const torch::Tensor cosines = at::cosine_similarity(asked, z, 1);
  const std::int64_t best = cosines.argmax().item<std::int64_t>();
  EXPECT_NEAR(nearest[0].cosine, cosines[best].item<double>(), kCosineClose);
}

TEST_F(NeighboursTest, AnUnrelatedVectorIsFurtherAwayThanAllThatIsUsual) {
  const torch::Tensor z = true_embeddings(bundle_, examples_);
  const Neighbourhood around = index().query(-z.mean(0, true)).at(0);
  EXPECT_GT(around.outlyingness, 0.5);
  EXPECT_EQ(around.quantile, 1.0);
}

TEST_F(NeighboursTest, AFewReferenceSentencesStandForAll) {
  NeighbourOptions options;
  options.reference = 3;
  const NeighbourIndex few = NeighbourIndex::build(bundle_, *task_, examples_, options), all = index();
  // From a sentence to its opposite, further and further from all that are known.
  const torch::Tensor z = true_embeddings(bundle_, examples_), away = at::linspace(0.0, 1.0, 100).unsqueeze(1);
  const torch::Tensor asked = z[0] * (1.0 - away) - z.mean(0) * away;
  std::set<long> of_few, of_all;
  for (const auto& around : few.query(asked)) {
    EXPECT_NEAR(around.quantile * 3.0, std::round(around.quantile * 3.0), kCosineClose);
    of_few.insert(std::lround(around.quantile * 1e6));
  }
  for (const auto& around : all.query(asked)) of_all.insert(std::lround(around.quantile * 1e6));
  EXPECT_GT(of_few.size(), 2u) << "some lie between";
  EXPECT_GT(of_all.size(), of_few.size());
}

TEST_F(NeighboursTest, BuildingAndAskingCheckTheirLimits) {
  const NeighbourIndex index = this->index();
  EXPECT_THROW(index.query(torch::zeros({2, index.width() + 1})), Error);
  EXPECT_THROW(index.query(torch::zeros({index.width()})), Error);
  EXPECT_THROW(index.query(torch::full({1, index.width()}, std::numeric_limits<double>::quiet_NaN())), Error);
  EXPECT_THROW(index.query(torch::ones({1, index.width()}), 0), Error);
  EXPECT_TRUE(index.query(torch::ones({0, index.width()})).empty());
  NeighbourOptions few;
  few.max_sentences = 3;
  EXPECT_THROW(NeighbourIndex::build(bundle_, *task_, examples_, few), Error);
  few = {};
  few.batch = 0;
  EXPECT_THROW(NeighbourIndex::build(bundle_, *task_, examples_, few), Error);
  EXPECT_THROW(NeighbourIndex::build(bundle_, *task_, {}, {}), Error);
  bundle_.autoencoders.erase("contextual");
  EXPECT_THROW(this->index(), Error);
}

TEST_F(NeighboursTest, ExamplesThatDoNotFitAreLeftOut) {
  examples_.push_back({std::string(2000, 'x'), {"Tom has it."}, "", {}});
  examples_.push_back({"Where?", {std::string(2000, 'x')}, "", {}});
  const NeighbourIndex index = this->index();
  EXPECT_EQ(index.left_out(), 2u);
  EXPECT_EQ(index.size(), true_embeddings(bundle_, tiny_examples()).size(0));
}

TEST_F(NeighboursTest, TheProbeHoldsTrajectoriesAgainstTheIndex) {
  const NeighbourIndex index = this->index();
  std::vector<RecordedTrajectory> trajectories = true_trajectories(bundle_, examples_);
  std::size_t steps = 0;
  for (RecordedTrajectory& recorded : trajectories) {
    recorded.right = recorded.id % 2 == 0;
    for (Step& step : recorded.trajectory.steps) {
      if (!*recorded.right) step.concept_ = torch::randn({index.width()});
    }
    steps += recorded.trajectory.steps.size();
  }
  trajectories[0].trajectory.steps[0].is_written = false;
  trajectories[2].trajectory.steps[1].concept_ = torch::Tensor();
  const ProbeResult result = neighbours(trajectories, index);
  ASSERT_EQ(result.rows.size(), steps - 1);
  for (const auto& row : result.rows) {
    ASSERT_EQ(row.size(), result.columns.size());
    if (row[0].get<std::size_t>() % 2 != 0) continue;
    EXPECT_NEAR(row[5].get<double>(), 1.0, kCosineClose);
    EXPECT_EQ(row[6].get<double>(), 0.0);
    if (!row[2].is_null()) EXPECT_EQ(row[4], true);
  }
  EXPECT_TRUE(result.rows[0][2].is_null() && result.rows[0][4].is_null());
  EXPECT_EQ(result.rows[0][3], examples_[0].steps[0]);
  EXPECT_NE(result.conclusion.find("AUROC 1.000"), std::string::npos) << result.conclusion;
  NeighbourProbeOptions few;
  few.max_rows = 2;
  const ProbeResult cut = neighbours(trajectories, index, few);
  EXPECT_EQ(cut.rows.size(), 2u);
  EXPECT_EQ(cut.conclusion, result.conclusion);
}

TEST_F(NeighboursTest, TheProbeRefusesTrajectoriesWithoutConcepts) {
  const NeighbourIndex index = this->index();
  EXPECT_THROW(neighbours({}, index), Error);
  std::vector<RecordedTrajectory> trajectories = true_trajectories(bundle_, examples_);
  trajectories[1].trajectory.steps[0].concept_ = torch::ones({3});
  EXPECT_THROW(neighbours(trajectories, index), Error);
  for (RecordedTrajectory& recorded : trajectories) {
    for (Step& step : recorded.trajectory.steps) step.concept_ = torch::Tensor();
  }
  EXPECT_THROW(neighbours(trajectories, index), Error);
}

}  // namespace
}  // namespace noema
