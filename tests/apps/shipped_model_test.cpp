// The model that ships, end to end, as a person or a script has it.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "program.h"

namespace noema {
namespace {

struct Asked {
  std::string question, answer;
};

/// Questions that the model answers in every mode with room to spare.
const std::vector<Asked>& asked() {
  static const std::vector<Asked> all = {
      {"Hugo came into the castle. Then Sue went to the yard. Sue took the pillow. After that Hugo went to the tower. "
       "Sue got the drum. Sue hurried to the classroom. Where did the drum end up?",
       "classroom"},
      {"Nick walked into the cabin. Nick walked to the studio. It was a sunny day. Then Sam went to the dining room. "
       "Then Sam picked the pen up. Sam carried the pen to the studio. Where is the pen now?",
       "studio"},
      {"At first Jim had 5 cherries. It was a sunny day. Eva won 3 cherries. Jim found 7 cherries. How many cherries "
       "does Jim have?",
       "12"},
      {"Each lawyer is a writer. We know that Fiona is a lawyer. Simon has always been a reader. All readers are "
       "gardeners. What is Simon, a gardener or a writer?",
       "gardener"},
      {"The exam took place before the speech. The lesson was after the lunch. Yara sang a song. Hana missed the "
       "breakfast. Before the exam there was the breakfast. The lesson was over before the breakfast began. What came "
       "before the breakfast, the lunch or the speech?",
       "lunch"}};
  return all;
}

std::string questions() {
  std::string lines;
  for (const Asked& one : asked()) lines += one.question + "\n";
  return lines;
}

class ShippedModel : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Modes, ShippedModel, testing::Values("chain", "continuous", "discretized"),
                         [](const auto& instance) { return instance.param; });

TEST_P(ShippedModel, AnswersInOrderAtEveryBatchSize) {
  std::string expected;
  for (const Asked& one : asked()) expected += one.answer + "\n";
  for (const char* batch : {"1", "3", "32"}) {
    const ProgramResult result = run_program("generate --mode " + GetParam() + " --batch " + batch, questions());
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.out, expected) << batch;
  }
}

TEST_P(ShippedModel, EndsWithTheAnswerSentenceAndCountsWhatItCost) {
  const ProgramResult result = run_program("generate --json --mode " + GetParam(), questions());
  std::istringstream lines(result.out);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["question"], asked().at(count).question);
    EXPECT_EQ(json["steps"].back(), "### " + asked()[count].answer);
    EXPECT_EQ(json["stop"], "answered");
    EXPECT_GT(json["cost"]["gflops"], json["cost"]["prefill_gflops"]);
  }
  EXPECT_EQ(count, asked().size());
}

TEST(ShippedModels, LatentReasoningCostsLessThanHalfOfTheChainBeyondThePrefill) {
  const auto beyond_prefill = [](const std::string& mode) {
    std::istringstream lines(run_program("generate --json --mode " + mode, questions()).out);
    double gflops = 0.0;
    for (std::string line; std::getline(lines, line);) {
      const auto cost = nlohmann::json::parse(line)["cost"];
      gflops += cost["gflops"].get<double>() - cost["prefill_gflops"].get<double>();
    }
    return gflops;
  };
  EXPECT_LT(beyond_prefill("continuous"), 0.5 * beyond_prefill("chain"));
}

}  // namespace
}  // namespace noema
