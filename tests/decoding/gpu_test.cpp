#include "support/gpu.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "decoding/reasoner.h"
#include "support/tiny_bundle.h"

namespace noema {
namespace {

class GpuReasoner : public GpuTest {};

/// The shipped model, in fp32 on both: what is most probable by far is the same.
TEST_F(GpuReasoner, AnswersAsTheProcessorDoes) {
  const std::string folder = std::string(NOEMA_SOURCE_FOLDER) + "/models/stories";
  const Bundle here = load_bundle(folder), there = load_bundle(folder, Precision::fp32, gpu_);
  const auto task = make_task("stories");
  const std::vector<std::string> questions = {
      "Eva picked up the lamp in the attic. Eva went to the garden. Where is the lamp?",
      "Bob was in the kitchen. Bob went to the park. Where is Bob?"};
  for (const std::string mode : {"chain", "continuous", "discretized"}) {
    const auto slow = Reasoner(here, *task, mode).run(questions), fast = Reasoner(there, *task, mode).run(questions);
    for (std::size_t i = 0; i < questions.size(); ++i) EXPECT_EQ(fast[i].answer, slow[i].answer) << mode;
  }
}

TEST_F(GpuReasoner, RefusesWhatOnlyTheProcessorHas) {
  EXPECT_THROW(load_bundle(std::string(NOEMA_SOURCE_FOLDER) + "/models/stories", Precision::int8, gpu_), Error);
}

}  // namespace
}  // namespace noema
