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
  static const std::vector<Asked> all = {{"Someone left the blanket in the cave. Simon was hungry. Then Simon went to "
                                          "the cave. Nadia took the blanket. Simon "
                                          "moved to the library. Where is the blanket at the end?",
                                          "cave"},
                                         {"Max told a joke. The accident took place after the show. The speech was "
                                          "over before the exam began. The fire began "
                                          "after the accident was over. The speech began after the fire was over. It "
                                          "was a sunny day. Max missed the fire. "
                                          "What came after the fire, the show or the exam?",
                                          "exam"},
                                         {"Whoever is a judge is also a builder. Everyone says that Karl is a driver. "
                                          "Each engineer is a runner. Whoever is a "
                                          "driver is also an engineer. Each runner is a climber. Everyone says that "
                                          "Bogrel is a judge. Is Karl a builder or a "
                                          "climber?",
                                          "climber"},
                                         {"Bill is not as slow as Lara. Ella is slower than Ed. It is clear that Ruth "
                                          "is slower than Ella. Ruth is much faster "
                                          "than Bill. Lara is much faster than Eric. It is clear that Eric is quieter "
                                          "than Lara. Who is slower than Bill, Ella "
                                          "or Eric?",
                                          "Eric"},
                                         {"At first Lucy had 3 tomatoes. After that Ida bought 6 muffins. Anna sang a "
                                          "song. In the morning Ines had 5 tomatoes. "
                                          "How many tomatoes do they have in all?",
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
  const auto folder = std::filesystem::temp_directory_path() / ("noema-twins-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string twins = (folder / "twins.json").string();
  ASSERT_EQ(run_program("data stories --count 60 --seed 77 --twins --out " + twins).code, 0);
  const ProgramResult probe = run_program("probe interchange --no-sentence --json - --data " + twins);
  std::filesystem::remove_all(folder);
  ASSERT_EQ(probe.code, 0) << probe.err;
  const auto rows = nlohmann::json::parse(probe.out)["rows"];
  const auto follow = [&](std::size_t row) { return rows.at(row).at(2).get<double>(); };
  EXPECT_LT(follow(0), 0.15) << "untouched, an answer is that of its own story";
  EXPECT_GT(follow(1), 0.3) << "with the twin's concept in place of a step it is the twin's";
}

}  // namespace
}  // namespace noema
