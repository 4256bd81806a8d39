#include "nn/device/step_recorder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>

#include "nn/device/steps_ahead.h"
#include "support/replaying_accelerator.h"
#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

using Ids = std::vector<std::int64_t>;

/// The most probable token of each row, which is appended.
std::vector<torch::Tensor> most_probable_token(const LanguageModel& model, HiddenStream& stream) {
  const Positions at =
      causal_positions(std::vector<std::int64_t>(static_cast<std::size_t>(stream.rows()), 1), 1, torch::kCPU);
  const torch::Tensor ids = model.logits(stream.hidden(), {at}).argmax(-1);
  stream.append(model.embed(ids));
  return {ids};
}

class StepRecorderTest : public testing::TestWithParam<TransformerConfig (*)()> {
 protected:
  HiddenStream start(const std::vector<Ids>& rows) const {
    const test::PaddedRows padded(rows);
    return {model_, model_.embed(padded.ids), padded.lengths, padded.ids.size(1)};
  }

  /// The tokens [T,B] that the rows go on with when each is taken by itself.
  torch::Tensor one_by_one(HiddenStream stream, std::int64_t steps) const {
    std::vector<torch::Tensor> all;
    for (std::int64_t i = 0; i < steps; ++i) all.push_back(most_probable_token(model_, stream)[0]);
    return torch::stack(all).to(torch::kFloat32);
  }

  Random random_{1};
  const LanguageModel model_ = test::tiny_model(GetParam()());
  const std::shared_ptr<ReplayingAccelerator> accelerator_ = std::make_shared<ReplayingAccelerator>();
  StepRecorder recorder_{accelerator_, model_, [this](HiddenStream& s) { return most_probable_token(model_, s); }};
};

INSTANTIATE_TEST_SUITE_P(Styles, StepRecorderTest,
                         testing::Values(&test::tiny_gpt2, &test::tiny_llama, &test::tiny_convolution,
                                         &test::tiny_prefix));

TEST_P(StepRecorderTest, TakesTheStepsThatWouldBeTakenOneByOne) {
  for (const std::vector<std::int64_t>& lengths :
       std::vector<std::vector<std::int64_t>>{{3}, {2, 7, 5}, {6, 6, 1, 2}}) {
    std::vector<Ids> rows;
    for (const std::int64_t length : lengths) rows.push_back(test::random_ids(random_, length));
    const torch::Tensor wanted = one_by_one(start(rows), 17);
    HiddenStream stream = start(rows);
    const torch::Tensor first = recorder_.take(stream)[0], second = recorder_.take(stream)[0];
    EXPECT_TRUE(first.equal(wanted.narrow(0, 0, 8)));
    EXPECT_TRUE(second.equal(wanted.narrow(0, 8, second.size(0))));
    stream.keep({stream.rows() - 1});
    EXPECT_TRUE(most_probable_token(model_, stream)[0]
                    .to(torch::kFloat32)
                    .equal(wanted.narrow(0, 8 + second.size(0), 1).select(1, -1)));
  }
  EXPECT_EQ(accelerator_->recorded, 2);  // for one row, and for up to four; 32 slots
}

TEST_P(StepRecorderTest, GoesStepByStepWhereTheLongestRowIsNear) {
  HiddenStream stream = start({test::random_ids(random_, 17), test::random_ids(random_, 2)});
  const torch::Tensor wanted = one_by_one(stream, 7);
  for (std::int64_t step = 0; step < 7; ++step) EXPECT_TRUE(recorder_.take(stream)[0].equal(wanted.narrow(0, step, 1)));
  EXPECT_EQ(accelerator_->recorded, 0);
}

TEST_P(StepRecorderTest, RecordsEachShapeOnce) {
  for (const std::int64_t rows : {1, 2, 3, 4, 8, 5, 1, 300}) {
    HiddenStream stream = start(std::vector<Ids>(static_cast<std::size_t>(rows), {1, 2}));
    EXPECT_EQ(recorder_.take(stream)[0].size(0), rows <= StepRecorder::kRows ? StepRecorder::kSteps : 1);
  }
  EXPECT_EQ(accelerator_->recorded, 4);  // of 1, 2, 4 and 8 rows
  EXPECT_EQ(accelerator_->replayed, 7);
}

TEST_P(StepRecorderTest, LooksAtStepsOneByOneWhileRowsLeaveAndJoin) {
  const Ids a = test::random_ids(random_, 4), b = test::random_ids(random_, 2), c = test::random_ids(random_, 3);
  const torch::Tensor wanted_a = one_by_one(start({a}), 12), wanted_c = one_by_one(start({c}), 4);
  StepsAhead steps(recorder_);
  EXPECT_TRUE(steps.is_at_rest());
  steps.join(start({b, a}));
  for (std::int64_t step = 0; step < 8; ++step) {
    EXPECT_EQ(steps.now()[0][-1].item<float>(), wanted_a[step][0].item<float>()) << step;
    EXPECT_FALSE(steps.is_at_rest());
    if (step == 3) steps.keep({1});
    steps.next();
  }
  EXPECT_TRUE(steps.is_at_rest());
  steps.join(start({c}));
  for (std::int64_t step = 0; step < 4; ++step) {
    EXPECT_EQ(steps.now()[0][0].item<float>(), wanted_a[8 + step][0].item<float>()) << step;
    EXPECT_EQ(steps.now()[0][1].item<float>(), wanted_c[step][0].item<float>()) << step;
    steps.next();
  }
  steps.keep({});
  EXPECT_TRUE(steps.is_at_rest());
}

TEST_P(StepRecorderTest, GoesBackToWhereOtherStepsAreTaken) {
  const Ids row = test::random_ids(random_, 4);
  const torch::Tensor first = one_by_one(start({row}), 3);
  const Ids read = {first[0].item().to<std::int64_t>(), first[1].item().to<std::int64_t>(),
                    (first[2].item().to<std::int64_t>() + 1) % test::kVocabulary};  // the last is not what was chosen
  HiddenStream alone = start({row});
  for (const std::int64_t id : read) alone.append(model_.embed(torch::tensor({id}, torch::kLong)));

  StepsAhead steps(recorder_);
  steps.join(start({row, row}));
  steps.now();
  steps.next();
  steps.next();
  steps.keep({1});
  const auto taken = steps.rewind();
  ASSERT_EQ(taken.size(), 2u);
  for (const auto& step : taken) steps.append(model_.embed(step[0].to(torch::kLong)));
  steps.append(model_.embed(torch::tensor({read[2]}, torch::kLong)));
  EXPECT_TRUE(steps.now()[0].equal(one_by_one(alone, 1)[0]));
}

}  // namespace
}  // namespace noema
