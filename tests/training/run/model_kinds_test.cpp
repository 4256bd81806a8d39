// The kinds of head and bottleneck that no shipped model has: each learns, and its bundle is read and computes.

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "concept_lm/bundle.h"
#include "tests/training/run/run_options.h"

namespace noema {
namespace {

/// Every loss of every step, by stage and term.
class Losses final : public TrainingProgress {
 public:
  void on_step(const StepReport& report) override {
    for (const auto& [name, value] : report.losses) all_[report.stage + ", " + name].push_back(value);
  }

  /// The last five steps' loss as a share of the first five's.
  double left(const std::string& term) const {
    const std::vector<double>& losses = all_.at(term);
    double first = 0.0, last = 0.0;
    for (std::size_t i = 0; i < 5; ++i) {
      first += losses.at(i);
      last += losses.at(losses.size() - 1 - i);
    }
    return last / first;
  }

 private:
  std::map<std::string, std::vector<double>> all_;
};

class ModelKinds : public testing::Test {
 protected:
  ModelKinds() : folder_(std::filesystem::temp_directory_path() / ("noema-kinds-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
  }
  ~ModelKinds() override { std::filesystem::remove_all(folder_); }

  /// Trains a tiny model whose recipe has these lines in [semantic] and [concept].
  Bundle train(const std::string& semantic, const std::string& concepts) {
    const std::string recipe =
        "name = \"tiny\"\ntask = \"stories\"\nseed = 5\nout = \"unused\"\n[data]\nvalid_count = 8\n"
        "[tokenizer]\nvocab_size = 500\nexamples = 200\n"
        "[model]\nlayers = 1\nwidth = 16\nheads = 2\nfeed_forward = 32\n"
        "[chain]\nsteps = 2\nbatch = 8\n"
        "[semantic]\nsteps = 40\nbatch = 8\nlearning_rate = 0.01\nwarmup = 1\n" +
        semantic + "\n[contextual]\nsteps = 0\n" +
        "[concept]\nreads = \"semantic\"\nwrites = \"semantic\"\nstart = \"semantic\"\nsteps = 40\nbatch = 8\n"
        "learning_rate = 0.01\nwarmup = 1\n" +
        concepts + "\n[stop]\nsteps = 2\nbatch = 8\n";
    EXPECT_TRUE(run_recipe(parse_recipe(recipe, "tiny"), run_options(folder_), losses_));
    return load_bundle(folder_ / "bundle");
  }

  /// The scores of a sentence's tokens [M,V] for the first concept after a question.
  static torch::Tensor scores(const Bundle& bundle) {
    const torch::InferenceMode inference;
    const TokenIds question = bundle.tokenize_question("Tom had 3 apples. How many apples does Tom have?");
    const ConceptStream stream = bundle.need_concepts().begin(pad({question}, Padding::left));
    const Concept predicted = stream.predict(stream.hidden(), {});
    EXPECT_EQ(predicted.embedding.size(1), bundle.writing().latent_width());
    EXPECT_EQ(predicted.input.size(1), 16);
    return bundle.writing().decoder().logits(predicted.embedding, pad({question}));
  }

  std::filesystem::path folder_;
  Losses losses_;
};

TEST_F(ModelKinds, ARegressionHeadLearnsTheNextEmbedding) {
  const Bundle bundle = train("", "head = \"regression\"");
  EXPECT_LT(losses_.left("concept, regression"), 0.9);
  EXPECT_EQ(bundle.need_concepts().config().head->name(), "regression");
  EXPECT_TRUE(scores(bundle).isfinite().all().item<bool>());
}

TEST_F(ModelKinds, AnEnergyHeadLearnsToDrawTheNextEmbedding) {
  const Bundle bundle = train("", "head = \"energy\"\nnoise_width = 4\ndraws = 4");
  EXPECT_LT(losses_.left("concept, energy"), 0.9);
  EXPECT_EQ(bundle.need_concepts().config().head->name(), "energy");
  EXPECT_TRUE(bundle.need_concepts().head().needs().randoms);
  EXPECT_TRUE(scores(bundle).isfinite().all().item<bool>());
}

TEST_F(ModelKinds, AGaussianBottleneckLearnsToReconstructAndToStayNearTheNormal) {
  const Bundle bundle = train("bottleneck = \"gaussian\"\nlatent_width = 8\nkl_weight = 0.5", "");
  EXPECT_LT(losses_.left("semantic, decoding"), 0.9);
  EXPECT_LT(losses_.left("semantic, kl"), 0.9);
  EXPECT_EQ(bundle.writing().latent_width(), 8);
  const torch::NoGradGuard no_gradients;
  const TokenIds sentence = bundle.tokenizer->encode("Tom has 3 apples.\n");
  const ReasoningBatch batch = make_batch(std::vector<TokenizedReasoning>{{sentence, {sentence}}});
  EXPECT_TRUE(bundle.writing().encoder().encode(batch).log_variance);
  EXPECT_TRUE(scores(bundle).isfinite().all().item<bool>());
}

}  // namespace
}  // namespace noema
