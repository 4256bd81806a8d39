#include "apps/bench/reference_procedure.h"

#include <gtest/gtest.h>

#include "apps/loaded_model.h"
#include "decoding/reasoner.h"
#include "tasks/examples.h"

namespace noema {
namespace {

TEST(ReferenceProcedure, SaysWhatContinuousModeSays) {
  const LoadedModel model = load_model({"stories", "fp32"});
  const std::vector<Example> examples = read_examples(NOEMA_TEST_DATA "/stories/questions.json");
  for (std::size_t i = 0; i < 5; ++i) {
    const std::string& question = examples.at(i).question;
    const auto written = ReferenceProcedure(model.bundle, question).run();
    const Trajectory trajectory =
        Reasoner(model.bundle, *model.task, "continuous").run({question}, {}, {.read_steps = true}).front();
    ASSERT_EQ(written.size(), 10u);
    ASSERT_LE(trajectory.steps.size(), written.size());
    for (std::size_t step = 0; step < trajectory.steps.size(); ++step) {
      EXPECT_EQ(model.bundle.tokenizer->decode(written[step]), trajectory.steps[step].text);
    }
  }
}

}  // namespace
}  // namespace noema
