// What somebody adds who has kinds of their own: each is a class and a line that adds it to its list.

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "concept_lm/part_kinds.h"
#include "tests/training/run/run_options.h"
#include "training/recipe_reference.h"
#include "training/run/estimate.h"

namespace noema {
namespace {

class ToyBottleneck final : public KindOf<ToyBottleneck, BottleneckKind> {
 public:
  std::string name() const override { return "toy-bottleneck"; }
  std::string summary() const override { return "an identity with an option"; }
  void fields(Fields& fields) override { fields.add("toy_scale", scale_, {0.5, 2.0}, "of nothing"); }
  std::unique_ptr<Bottleneck> make(std::int64_t width, WeightScope weights) const override {
    return identity_bottleneck_kind()->make(width, weights);
  }
  std::int64_t latent_width(std::int64_t width) const override { return width; }

 private:
  double scale_ = 1.0;
};

class ToyEncoder final : public KindOf<ToyEncoder, EncoderKind> {
 public:
  std::string name() const override { return "toy-encoder"; }
  std::string summary() const override { return "the contextual one under another name"; }
  bool is_contextual() const override { return true; }
  std::unique_ptr<SentenceEncoder> make(const LanguageModel& model, const Bottleneck& bottleneck,
                                        WeightScope weights) const override {
    return contextual_encoder_kind()->make(model, bottleneck, weights);
  }
};

class ToyDecoder final : public KindOf<ToyDecoder, DecoderKind> {
 public:
  std::string name() const override { return "toy-decoder"; }
  std::string summary() const override { return "the prefix under another name"; }
  std::unique_ptr<SentenceDecoder> make(const LanguageModel& model, const Bottleneck& bottleneck,
                                        WeightScope weights) const override {
    return prefix_decoder_kind()->make(model, bottleneck, weights);
  }
};

class ToyHead final : public KindOf<ToyHead, HeadKind> {
 public:
  std::string name() const override { return "toy-head"; }
  std::string summary() const override { return "regression under another name"; }
  std::unique_ptr<ConceptHead> make(const HeadShape& shape, WeightScope weights) const override {
    return regression_head_kind()->make(shape, weights);
  }
};

/// The mean embedding of all sentences.
struct ToyModel final : BundleModel {
  torch::Tensor mean;  // [Z]
};

struct ToyShape {
  std::int64_t width = 0;
  void fields(Fields& fields) { fields.add("width", width, {1, 4096}, "of the embeddings"); }
};

class ToyPart final : public PartKind {
 public:
  std::string name() const override { return "toy-part"; }
  void load(Bundle& bundle, const PartSource& part) const override {
    const auto shape = from_architecture<ToyShape>(part.architecture, name(), part.where);
    auto model = std::make_shared<ToyModel>();
    model->mean = part.weights.get("mean", {shape.width}, Init::zeros());
    bundle.others[part.name] = model;
  }
};

class ToyObjective final : public ReasoningObjective {
 public:
  ToyObjective(const Autoencoder& autoencoder, torch::Tensor mean)
      : autoencoder_(autoencoder), mean_(std::move(mean)) {}
  LossTerms loss(const ReasoningBatch& batch, at::Generator&) const override {
    return {{"distance", at::mse_loss(mean_, embedding(batch))}};
  }
  Counts measure(const ReasoningBatch& batch) const override {
    return {{"nearness", {1.0 / (1.0 + at::mse_loss(mean_, embedding(batch)).item<double>()), 1.0}}};
  }
  std::string selected_by() const override { return "nearness"; }
  std::string sample(const ReasoningBatch&, const Tokenizer&) const override { return "a mean"; }

 private:
  torch::Tensor embedding(const ReasoningBatch& batch) const {
    const torch::NoGradGuard frozen;
    return autoencoder_.encoder().encode(batch).mean.mean(0);
  }

  const Autoencoder& autoencoder_;
  torch::Tensor mean_;
};

class ToyStage final : public KindOf<ToyStage, StageKind> {
 public:
  std::string name() const override { return "toy"; }
  std::string summary() const override { return "the mean of all embeddings"; }
  void fields(Fields& fields) override {
    StageKind::fields(fields);
    fields.add("of", of_, "stage of the autoencoder");
  }
  Architectures foresee(const StageSetting& setting, const Architectures& there) const override {
    need_part(there, of_, "[toy] of");
    return {{name(), part_architecture(ToyShape{setting.model.transformer.width}, "toy-part")}};
  }
  Stage build(const StageSetting& setting, const Parts& parts, TensorMap tensors) const override {
    Weights weights = parts.new_or(std::move(tensors));
    const std::int64_t width = setting.model.transformer.width;
    const torch::Tensor mean = weights.get("mean", {width}, Init::zeros());
    const auto autoencoder = frozen_autoencoder(parts, of_, setting);
    return {autoencoder,
            std::make_unique<ToyObjective>(*autoencoder, mean),
            {{name(), {part_architecture(ToyShape{width}, "toy-part"), weights.tensors(), std::nullopt}}}};
  }

 private:
  std::string of_ = "contextual";
};

ModelKinds with_toys() {
  ModelKinds kinds;
  kinds.bottlenecks.add(std::make_unique<ToyBottleneck>());
  kinds.encoders.add(std::make_unique<ToyEncoder>());
  kinds.decoders.add(std::make_unique<ToyDecoder>());
  kinds.heads.add(std::make_unique<ToyHead>());
  kinds.parts.add(std::make_unique<ToyPart>());
  return kinds;
}

KindList<StageKind> stages_with_toys() {
  KindList<StageKind> stages = stage_kinds(with_toys());
  stages.add(std::make_unique<ToyStage>());
  return stages;
}

const char* const kToyRecipe = R"(
name = "toys"
task = "stories"
seed = 5
out = "unused"
[data]
valid_count = 8
[tokenizer]
vocab_size = 500
examples = 200
[model]
layers = 1
width = 16
heads = 2
[chain]
steps = 0
[semantic]
steps = 0
[contextual]
steps = 2
batch = 4
encoder = "toy-encoder"
bottleneck = "toy-bottleneck"
toy_scale = 1.5
decoder = "toy-decoder"
[concept]
steps = 2
batch = 4
head = "toy-head"
[stop]
steps = 2
batch = 4
[toy]
steps = 20
batch = 4
learning_rate = 0.1
warmup = 0
)";

class ToyKinds : public testing::Test {
 protected:
  ToyKinds() : folder_(std::filesystem::temp_directory_path() / ("noema-toys-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
  }
  ~ToyKinds() override { std::filesystem::remove_all(folder_); }

  static Recipe recipe(const std::vector<std::string>& changes = {}) {
    return parse_recipe(kToyRecipe, "toys", changes, stages_with_toys());
  }

  static std::string complaint(const std::vector<std::string>& changes) {
    try {
      recipe(changes);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  std::filesystem::path folder_;
};

TEST_F(ToyKinds, AreTrainedKeptAndLoadedLikeAllOthers) {
  TrainingProgress nobody;
  PipelineOptions options = run_options(folder_);
  options.kinds = with_toys();
  ASSERT_TRUE(run_recipe(recipe(), options, nobody));
  EXPECT_THROW(load_bundle(folder_ / "bundle"), Error) << "a program without them must not guess";
  const Bundle bundle = load_bundle(folder_ / "bundle", Precision::fp32, nullptr, with_toys());
  const AutoencoderConfig& config = bundle.writing().config();
  EXPECT_EQ(config.encoder->name(), "toy-encoder");
  EXPECT_EQ(to_json(config)["toy_scale"], 1.5);
  EXPECT_EQ(bundle.concepts->config().head->name(), "toy-head");
  const auto toy = std::dynamic_pointer_cast<const ToyModel>(bundle.others.at("toy"));
  ASSERT_TRUE(toy);
  EXPECT_GT(toy->mean.abs().max().item<double>(), 0.01) << "it has learnt nothing";
}

TEST_F(ToyKinds, OptionsOfOneKindAreUnknownToAnother) {
  EXPECT_NE(complaint({"contextual.bottleneck=identity"}).find("it belongs to bottleneck = \"toy-bottleneck\""),
            std::string::npos)
      << complaint({"contextual.bottleneck=identity"});
  EXPECT_NE(complaint({"contextual.kl_weight=1"}).find("it belongs to bottleneck = \"gaussian\""), std::string::npos);
  EXPECT_NE(complaint({"concept.contrast_weight=1"}).find("it belongs to head = \"decoding\""), std::string::npos);
  EXPECT_NE(complaint({"contextual.toy_scale=3"}).find("a number from 0.5 to 2.0"), std::string::npos);
}

TEST_F(ToyKinds, AreDescribedAndForeseen) {
  EXPECT_NE(recipes_page(stages_with_toys()).find("| `toy_scale` | `1.0` | a number from 0.5 to 2.0 |"),
            std::string::npos);
  EXPECT_NE(describe_keys("toy", stages_with_toys()).find("of = \"contextual\""), std::string::npos);
  EXPECT_EQ(estimate(recipe(), {}, with_toys()).stages.back().stage, "toy");
}

}  // namespace
}  // namespace noema
