// A run of several ranks against one of a single rank.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>

#include "base/file.h"
#include "nn/formats/safetensors.h"
#include "tests/training/ranks/together.h"
#include "tests/training/run/run_options.h"

namespace noema {
namespace {

const char* const kRankRecipe = R"(
name = "tiny"
task = "stories"
seed = 5
out = "unused"
[data]
valid_count = 16
[tokenizer]
vocab_size = 450
examples = 100
[model]
layers = 1
width = 16
heads = 2
feed_forward = 32
[chain]
steps = 8
batch = 8
micro_batches = 4
warmup = 2
validate_every = 4
[semantic]
steps = 0
[contextual]
steps = 4
batch = 8
micro_batches = 4
prefix_dropout = 0.2
validate_every = 2
[concept]
steps = 4
batch = 8
micro_batches = 4
dropout = 0.2
rollouts = 0.5
validate_every = 2
[stop]
steps = 3
batch = 8
micro_batches = 4
validate_every = 2
[familiarity]
steps = 2
batch = 8
examples = 3
)";

/// All that a run says of itself.
class Record final : public TrainingProgress {
 public:
  explicit Record(std::atomic<bool>* flag = nullptr, std::string stage = "", std::int64_t step = 0)
      : flag_(flag), stage_(std::move(stage)), step_(step) {}

  void on_step(const StepReport& report) override {
    for (const auto& [name, value] : report.losses) {
      numbers[report.stage + " " + std::to_string(report.step) + " " + name] = value;
    }
    numbers[report.stage + " " + std::to_string(report.step) + " norm"] = report.gradient_norm;
    ranks = report.ranks.size();
    if (flag_ && report.stage == stage_ && report.step == step_) *flag_ = true;
  }
  void on_validation(const ValidationReport& report) override {
    for (const auto& [name, share] : report.measures) {
      numbers[report.stage + " " + std::to_string(report.step) + " valid " + name] = share;
    }
  }

  std::map<std::string, double> numbers;
  std::size_t ranks = 0;

 private:
  std::atomic<bool>* flag_;
  std::string stage_;
  std::int64_t step_;
};

class RankRunTest : public testing::Test {
 protected:
  RankRunTest() : folder_(std::filesystem::temp_directory_path() / ("noema-ranks-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
  }
  ~RankRunTest() override { std::filesystem::remove_all(folder_); }

  /// Trains with so many ranks; returns what all of them complained about.
  std::string train(int size, const std::string& name, Record& record, const std::atomic<bool>* flag = nullptr,
                    const std::vector<std::string>& changes = {}) const {
    const std::vector<Place> where = places(size);
    std::string all;
    for (const std::string& complaint : together(where.size(), [&](std::size_t rank) {
           const auto ranks = size > 1 ? join_ranks(where[rank], {}) : alone();
           PipelineOptions options = run_options(folder_ / name, flag);
           if (size > 1) options.trainer.ranks = ranks.get();
           TrainingProgress nobody;
           run_recipe(parse_recipe(kRankRecipe, "tiny", changes), options, rank == 0 ? record : nobody);
         })) {
      all += complaint;
    }
    return all;
  }

  static void expect_near(const Record& found, const Record& wanted) {
    for (const auto& [name, value] : found.numbers) {
      ASSERT_TRUE(wanted.numbers.contains(name)) << name;
      EXPECT_NEAR(value, wanted.numbers.at(name), 1e-4 * (1.0 + std::abs(value))) << name;
    }
  }

  std::filesystem::path folder_;
};

TEST_F(RankRunTest, TwoAndFourRanksHaveTheLossesOfOne) {
  Record one, two, four;
  ASSERT_EQ(train(1, "one", one), "");
  ASSERT_EQ(train(2, "two", two), "");
  ASSERT_EQ(train(4, "four", four), "");
  EXPECT_EQ(two.ranks, 2u);
  EXPECT_EQ(four.ranks, 4u);
  EXPECT_EQ(two.numbers.size(), one.numbers.size());
  EXPECT_EQ(four.numbers.size(), one.numbers.size());
  expect_near(two, one);
  expect_near(four, one);
}

TEST_F(RankRunTest, AnInterruptedRunOfTwoEndsWithTheSameBytes) {
  Record whole;
  ASSERT_EQ(train(2, "whole", whole), "");
  std::atomic<bool> flag{false};
  Record before(&flag, "concept", 2), after;
  ASSERT_EQ(train(2, "broken", before, &flag), "");
  ASSERT_FALSE(std::filesystem::exists(folder_ / "broken/bundle"));
  flag = false;
  ASSERT_EQ(train(2, "broken", after), "");
  for (const char* part : {"chain", "contextual", "concept", "stop"}) {
    const std::string file = std::string(part) + ".safetensors";
    EXPECT_EQ(sha256_file(folder_ / "whole/bundle" / file), sha256_file(folder_ / "broken/bundle" / file)) << part;
  }
}

TEST_F(RankRunTest, ARunGoesOnWithAnotherNumberOfRanks) {
  Record one;
  ASSERT_EQ(train(1, "one", one), "");
  std::atomic<bool> flag{false};
  Record with_four(&flag, "chain", 5), with_one(&flag, "concept", 1), with_two;
  ASSERT_EQ(train(4, "changing", with_four, &flag), "");
  flag = false;
  ASSERT_EQ(train(1, "changing", with_one, &flag), "");
  flag = false;
  ASSERT_EQ(train(2, "changing", with_two), "");
  for (const Record* part : {&with_four, &with_one, &with_two}) expect_near(*part, one);
  EXPECT_EQ(with_four.numbers.size() + with_one.numbers.size() + with_two.numbers.size(), one.numbers.size());
}

TEST_F(RankRunTest, EveryRankMustHaveSomethingToCompute) {
  Record nobody;
  const std::string complaints = train(2, "idle", nobody, nullptr, {"stop.micro_batches=1"});
  EXPECT_NE(complaints.find("[stop] micro_batches: expected as many as there are ranks, 2"), std::string::npos)
      << complaints;
  EXPECT_TRUE(nobody.numbers.empty());
}

}  // namespace
}  // namespace noema
