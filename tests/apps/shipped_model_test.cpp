// The model that ships, end to end, as a person or a script has it.

#include <gtest/gtest.h>

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
      {"The basket was in the shop. At first Kliron was in the basement. Then Ken picked the basket up. Ken came into "
       "the basement. Someone left the guitar in the dining room. Where is the basket now?",
       "basement"},
      {"The quarrel came before the swim. The dinner was over before the game began. The dinner was after the walk. "
       "The swim was before the walk. The lunch followed the game. The call took place before the quarrel. Which was "
       "before the swim, the call or the game?",
       "call"},
      {"Milo has always been an animal. If one is a babom, one is a mammal. If one is a mammal, one is a roriba. Each "
       "sleeper is a monster. Every animal is a lizard. Every lizard is a sleeper. Spot has always been a babom. Is "
       "Milo a roriba or a sleeper?",
       "sleeper"},
      {"Kim is not as loud as Simon. Ella is louder than Uma. It is clear that Ditir is louder than Hugo. Compared "
       "with Ben, Ella is quieter. It is clear that Ben is quieter than Kim. Compared with Eva, Hugo is louder. It is "
       "clear that Uma is louder than Ditir. Who is louder than Ella, Eva or Kim?",
       "Kim"},
      {"In the morning Rob had 6 candies. After that Rob bought 2 candies. Adam won 3 grapes. How many candies does "
       "Rob have now?",
       "8"}};
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

TEST_P(ShippedModel, StopsByTheFirstOfSeveralRules) {
  std::string expected;
  for (const Asked& one : asked()) expected += one.answer + "\n";
  EXPECT_EQ(run_program("generate --stop repetition,oracle,head --mode " + GetParam(), questions()).out, expected);
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

TEST(ShippedModels, AnswersFollowALatentThatIsExchanged) {
  const ProgramResult probe =
      run_program("probe interchange --no-sentence --json - --data " NOEMA_TEST_DATA "/stories/twins.json");
  ASSERT_EQ(probe.code, 0) << probe.err;
  const auto rows = nlohmann::json::parse(probe.out)["rows"];
  const auto follow = [&](std::size_t row) { return rows.at(row).at(2).get<double>(); };
  EXPECT_LT(follow(0), 0.05) << "untouched, an answer is that of its own story";
  EXPECT_GT(follow(1), 0.75) << "with the twin's concept in place of a step it is the twin's";
}

}  // namespace
}  // namespace noema
