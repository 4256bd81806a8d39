#include "inspect/interventions/steering.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/error.h"
#include "inspect/interventions/interventions.h"
#include "inspect/watched_run.h"

namespace noema {
namespace {

TEST(Steering, ComesNearerToTheSentenceThanItsStart) {
  const Bundle bundle = tiny_bundle();
  const auto recorded = watched_run(bundle, "continuous", watched_options());
  const torch::Tensor start = recorded[0].trajectory.steps[1].concept_;
  // An untrained decoder cannot be made to write any sentence, but some vectors are nearer to one than others.
  const std::string sentence = recorded[3].trajectory.steps[2].text;
  const SteeredConcept found = concept_of(bundle, sentence, start, {.max_iterations = 2000, .probability = 0.0});
  const Sentences tokens = pad({bundle.tokenizer->encode(sentence + "\n")});
  const auto loss = [&](const torch::Tensor& z) {
    return score_decoding(bundle.writing().decoder(), z.unsqueeze(0), tokens).cross_entropy.item<double>();
  };
  EXPECT_LT(loss(found.replacement.embedding), 0.8 * loss(start));
  EXPECT_EQ(found.replacement.embedding.sizes(), start.sizes());
  EXPECT_TRUE(found.replacement.embedding.isfinite().all().item<bool>());
  EXPECT_EQ(found.replacement.input.size(0), 32);
  EXPECT_GT(found.iterations, 0);
}

TEST(Steering, GoesOnBeyondWhatItFindsWhereThatSaysTheSameToo) {
  const Bundle bundle = load_bundle(NOEMA_SOURCE_FOLDER "/models/stories");
  const auto tokens = [&](const std::string& line) { return bundle.tokenizer->encode(line + "\n"); };
  const auto reader = bundle.reading().encoder().begin(
      pad({tokens("Ruth picked up the phone in the yard. Where is the phone?")}, Padding::left));
  const torch::Tensor start = reader->read({tokens("Ruth has the phone in the yard.")})[0].clone();
  const std::string sentence = "Ruth has the phone in the lobby.";
  const SteeredConcept found = concept_of(bundle, sentence, start, {.beyond = 0.0});
  EXPECT_TRUE(found.is_exact);
  const torch::Tensor near = found.replacement.embedding;
  for (const double beyond : {0.5, 1000.0}) {  // the latter is far out of what says the sentence
    const SteeredConcept gone_on = concept_of(bundle, sentence, start, {.beyond = beyond});
    EXPECT_TRUE(gone_on.is_exact);
    const torch::Tensor expected = beyond < 1.0 ? start + (1.0 + beyond) * (near - start) : near;
    EXPECT_TRUE(torch::allclose(gone_on.replacement.embedding, expected));
  }
}

TEST(Steering, ASemanticModelReadsTheSentence) {
  Bundle bundle = tiny_bundle(false, "semantic");
  bundle.writes = "semantic";
  const SteeredConcept found = concept_of(bundle, "Tom has the ball in the garden.", torch::ones({32}));
  const TokenIds tokens = bundle.tokenizer->encode("Tom has the ball in the garden.\n");
  const torch::Tensor z = bundle.autoencoders.at("semantic")->encoder().begin(pad({}))->read({tokens})[0];
  EXPECT_TRUE(torch::equal(found.replacement.embedding, z));
  EXPECT_EQ(found.iterations, 0);
}

TEST(Steering, ReplacedStepsAreReadAsTheNewConcept) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = watched_options();
  const auto plain = watched_run(bundle, "continuous", options);
  const torch::Tensor z = plain[2].trajectory.steps[0].concept_;
  const auto replacement = make_replacement(1, {z, z});
  options.intervention = replacement.get();
  for (const RecordedTrajectory& steered : watched_run(bundle, "continuous", options)) {
    EXPECT_EQ(steered.trajectory.steps[1].text, plain[2].trajectory.steps[0].text);
  }
}

TEST(Steering, RefusesAModelThatGradientsDoNotPass) {
  Bundle bundle = tiny_bundle();
  bundle.precision = Precision::int8;
  EXPECT_THROW(concept_of(bundle, "Tom has the ball in the garden.", torch::ones({32})), Error);
}

TEST(Steering, RefusesWhatIsNoSentence) {
  const Bundle bundle = tiny_bundle();
  const torch::Tensor start = torch::ones({32});
  for (const std::string& bad :
       {std::string(), std::string("  "), std::string("a\nb"), std::string(1000, 'x'), std::string("\xff")}) {
    EXPECT_THROW(concept_of(bundle, bad, start), Error);
  }
}

}  // namespace
}  // namespace noema
