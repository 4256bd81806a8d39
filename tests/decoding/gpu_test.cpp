#include "support/gpu.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "decoding/reasoner.h"
#include "support/tiny_bundle.h"

namespace noema {
namespace {

class GpuReasoner : public GpuTest {};

const std::string kStories = std::string(NOEMA_SOURCE_FOLDER) + "/models/stories";

std::vector<std::string> questions() {
  std::vector<std::string> all;
  for (const std::string who : {"Eva", "Bob", "Ida", "Tom"}) {
    all.push_back(who + " picked up the lamp in the attic. " + who + " went to the garden. Where is the lamp?");
    all.push_back(who + " was in the kitchen. " + who + " went to the park. Where is " + who + "?");
    all.push_back(who + " had 3 apples. " + who + " lost 1 apple. How many apples does " + who + " have?");
  }
  return all;
}

/// The shipped model, in fp32 on both: what is most probable by far is the same.
TEST_F(GpuReasoner, AnswersAsTheProcessorDoes) {
  const Bundle here = load_bundle(kStories), there = load_bundle(kStories, Precision::fp32, gpu_);
  const auto task = make_task("stories");
  for (const std::string mode : {"direct", "chain", "continuous", "discretized", "hybrid"}) {
    for (const std::int64_t batch : {1, 5, 32}) {
      const RunOptions run = {.batch = batch};
      const auto slow = Reasoner(here, *task, mode).run(questions(), {}, run);
      const auto fast = Reasoner(there, *task, mode).run(questions(), {}, run);
      for (std::size_t i = 0; i < slow.size(); ++i) EXPECT_EQ(fast[i].answer, slow[i].answer) << mode << batch;
    }
  }
}

TEST_F(GpuReasoner, AnswersInItsOwnType) {
  const Bundle there = load_bundle(kStories, std::nullopt, gpu_);
  const auto task = make_task("stories");
  for (const Trajectory& trajectory : Reasoner(there, *task, "continuous").run(questions())) {
    EXPECT_TRUE(trajectory.answer);
  }
}

TEST_F(GpuReasoner, RefusesWhatOnlyTheProcessorHas) {
  EXPECT_THROW(load_bundle(kStories, Precision::int8, gpu_), Error);
}

}  // namespace
}  // namespace noema
