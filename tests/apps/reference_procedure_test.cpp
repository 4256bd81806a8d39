#include "apps/bench/reference_procedure.h"

#include <gtest/gtest.h>

#include "apps/loaded_model.h"
#include "decoding/reasoner.h"

namespace noema {
namespace {

TEST(ReferenceProcedure, SaysWhatContinuousModeSays) {
  const LoadedModel model = load_model({"stories", "fp32"});
  for (std::uint64_t i = 0; i < 5; ++i) {
    const std::string question = model.task->generator()->generate(11, i).question;
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
