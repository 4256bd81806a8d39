#include "decoding/concept_source.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "decoding/reasoning.h"
#include "support/replaying_accelerator.h"

namespace noema {
namespace {

TEST(ConceptSource, GoesOnFromWhatItIsGivenWhetherRecordedOrNot) {
  const torch::InferenceMode inference;
  const Bundle plain = tiny_bundle();
  const auto accelerator = std::make_shared<ReplayingAccelerator>();
  const Bundle recording = accelerated(plain, accelerator);
  const auto task = make_task("stories");
  const ReasoningOptions options;
  const RunOptions run;
  StepRecorders recorders(recording);
  const RunContext single{plain, *task, options, run}, several{recording, *task, options, run, nullptr, &recorders};
  const auto nobody = [](std::size_t, const Trajectory&) {};
  const auto room = [](std::int64_t) { return std::size_t{1}; };
  ActiveBatch one(single, Schedule({}, room), nobody), other(several, Schedule({}, room), nobody);
  const auto steps = make_continuous_concept_source(one), recorded = make_continuous_concept_source(other);
  const EnteringRows entering{pad({{5, 6, 7}, {8, 9}, {4}}, Padding::left), {0, 1, 2}, {0, 1, 2}, {0, 1, 2}};
  steps->join(entering);
  recorded->join(entering);
  for (int i = 0; i < 20; ++i) {
    const Concept wanted = steps->predict(), found = recorded->predict();
    ASSERT_TRUE(torch::allclose(found.embedding, wanted.embedding, 1e-4, 1e-4)) << i;
    ASSERT_TRUE(torch::allclose(found.input, wanted.input, 1e-4, 1e-4)) << i;
    // Now and then something else than was predicted, in the midst of what is recorded.
    steps->append(i % 3 == 2 ? wanted.input * 0.5 : wanted.input);
    recorded->append(i % 3 == 2 ? wanted.input * 0.5 : found.input);
  }
  EXPECT_GT(accelerator->replayed, 0);
}

}  // namespace
}  // namespace noema
