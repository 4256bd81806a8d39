// The trainer on a batch and an objective that have nothing to do with questions.

#include "training/run/trainer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "support/tiny_bundle.h"
#include "tests/training/run/run_options.h"

namespace noema {
namespace {

struct Slope final : Batch {
  double weight() const override { return 1.0; }
  std::int64_t tokens() const override { return 1; }
  std::int64_t padded_tokens() const override { return 1; }
};

class Slopes final : public StepSource {
 public:
  std::int64_t window_size() const override { return 2; }
  std::vector<MicroBatches> window(std::int64_t) const override {
    return {2, MicroBatches{std::make_shared<const Slope>()}};
  }
};

/// Pushes a number up without end, though 5 would be best.
class Climb final : public Objective {
 public:
  explicit Climb(torch::Tensor number) : number_(std::move(number)) {}
  LossTerms loss(const Batch&, at::Generator&) const override { return {{"fall", -number_.sum()}}; }
  Counts measure(const Batch&) const override {
    return {{"nearness", {1.0 / (1.0 + std::abs(number_.item<double>() - 5.0)), 1.0}}};
  }
  std::string selected_by() const override { return "nearness"; }
  std::string sample(const Batch&, const Tokenizer&) const override { return ""; }

 private:
  torch::Tensor number_;
};

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() : folder_(std::filesystem::temp_directory_path() / ("noema-trainer-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
  }
  ~TrainerTest() override { std::filesystem::remove_all(folder_); }

  /// The number after ten steps of one each.
  double climb(std::int64_t validate_every) {
    TensorMap parameters = {{"number", torch::zeros({1})}};
    const Climb objective(parameters.at("number"));
    StageOptions options;
    options.steps = 10;
    options.warmup = 0;
    options.learning_rate = options.final_rate = 1.0;
    options.validate_every = validate_every;
    const MicroBatches validation = {std::make_shared<const Slope>()};
    TrainingProgress nobody;
    EXPECT_TRUE(train_stage({"climb", objective, options, settings_, parameters, steps_, validation},
                            *make_thread_workers(), *tokenizer_, folder_ / std::to_string(validate_every),
                            run_options(folder_).trainer, nobody));
    return parameters.at("number").item<double>();
  }

  std::filesystem::path folder_;
  std::string settings_ = "none\n";
  Slopes steps_;
  std::unique_ptr<Tokenizer> tokenizer_ = train_tokenizer(tiny_corpus(), {.vocab_size = 420});
};

TEST_F(TrainerTest, EndsWithWhatWasBestOnValidation) {
  EXPECT_NEAR(climb(1), 5.0, 1e-3);
  EXPECT_NEAR(climb(3), 6.0, 1e-3) << "of 3, 6, 9 and 10";
  EXPECT_NEAR(climb(10), 10.0, 1e-3);
}

}  // namespace
}  // namespace noema
