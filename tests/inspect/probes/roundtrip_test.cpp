#include "inspect/probes/roundtrip.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "base/error.h"
#include "inspect/probes/examples.h"
#include "inspect/probes/mutual_information.h"
#include "inspect/probes/retrieval.h"
#include "support/tiny_bundle.h"

namespace noema {
namespace {

constexpr double kRoundTripClose = 1e-4;

class RoundtripTest : public testing::Test {
 protected:
  RoundtripTest() : bundle_(tiny_bundle()), task_(make_task("stories")), examples_(tiny_examples()) {
    options_.sentences.max_tokens = 12;
  }

  ProbeResult distances(const std::vector<RecordedTrajectory>& trajectories) const {
    return concept_distances(bundle_, *task_, examples_, trajectories, options_);
  }

  torch::NoGradGuard no_grad_;
  Bundle bundle_;
  std::unique_ptr<Task> task_;
  std::vector<Example> examples_;
  DistanceOptions options_;
};

double at(const ProbeResult& result, const std::vector<nlohmann::json>& row, const std::string& column) {
  for (std::size_t i = 0; i < result.columns.size(); ++i) {
    if (result.columns[i].name == column) return row.at(i).is_null() ? NAN : row.at(i).get<double>();
  }
  throw std::out_of_range(column);
}

/// Equal texts, and numbers that differ by no more than rounding.
void expect_same(const ProbeResult& one, const ProbeResult& other) {
  ASSERT_EQ(one.rows.size(), other.rows.size());
  for (std::size_t row = 0; row < one.rows.size(); ++row) {
    ASSERT_EQ(one.rows[row].size(), other.rows[row].size());
    for (std::size_t i = 0; i < one.rows[row].size(); ++i) {
      const nlohmann::json &a = one.rows[row][i], &b = other.rows[row][i];
      if (!a.is_number()) {
        EXPECT_EQ(a, b);
      } else {
        EXPECT_NEAR(a.get<double>(), b.get<double>(), kRoundTripClose) << one.columns[i].name;
      }
    }
  }
}

TEST_F(RoundtripTest, NumbersOfAnUntrainedDecoderAreConsistent) {
  const ProbeResult result = reconstruction(bundle_, *task_, examples_, options_.sentences);
  double n = 0.0;
  std::int64_t whole_tables = 0;
  for (const auto& row : result.rows) {
    ASSERT_EQ(row.size(), result.columns.size());
    const double exact = at(result, row, "exact");
    EXPECT_GE(exact, at(result, row, "exact_low"));
    EXPECT_LE(exact, at(result, row, "exact_high"));
    for (const char* share : {"exact", "exact_low", "exact_high", "bleu", "edit_distance"}) {
      EXPECT_GE(at(result, row, share), 0.0);
      EXPECT_LE(at(result, row, share), 1.0);
    }
    EXPECT_EQ(exact == 1.0, at(result, row, "edit_distance") == 0.0);
    if (row[1] != "all") {
      n += at(result, row, "n");
      continue;
    }
    EXPECT_EQ(n, at(result, row, "n"));
    EXPECT_EQ(n, static_cast<double>(true_embeddings(bundle_, examples_).size(0)));
    n = 0.0;
    ++whole_tables;
  }
  EXPECT_EQ(whole_tables, 2);
}

TEST_F(RoundtripTest, TheBatchChangesNothing) {
  const auto trajectories = true_trajectories(bundle_, examples_);
  const auto together = roundtrip(bundle_, *task_, examples_, trajectories, options_);
  ASSERT_EQ(together.size(), 2u);
  for (const std::int64_t batch : {1, 4}) {
    options_.sentences.batch = batch;
    const auto apart = roundtrip(bundle_, *task_, examples_, trajectories, options_);
    expect_same(together[0], apart[0]);
    expect_same(together[1], apart[1]);
  }
  EXPECT_EQ(roundtrip(bundle_, *task_, examples_).size(), 1u);
}

TEST_F(RoundtripTest, SentencesThatTheDecoderWritesComeBackExactly) {
  // A contextual embedding does not depend on its own step, so what is decoded from it can be made the step.
  for (Example& example : examples_) example.steps.resize(1);
  const auto decoded =
      decode_sentences(bundle_.writing(), *bundle_.tokenizer, true_embeddings(bundle_, examples_), options_.sentences);
  for (std::size_t i = 0; i < examples_.size(); ++i) examples_[i].answer = one_line(decoded[i].text);
  const auto answers_alone = make_task("text");  // whose reasoning is the answer as it stands
  const ProbeResult result = reconstruction(bundle_, *answers_alone, examples_, options_.sentences);
  for (const auto& row : result.rows) {
    if (row[0] != "contextual") continue;
    EXPECT_EQ(at(result, row, "exact"), 1.0);
    EXPECT_EQ(at(result, row, "bleu"), 1.0);
    EXPECT_EQ(at(result, row, "edit_distance"), 0.0);
  }
}

TEST_F(RoundtripTest, PerfectConceptsLieAtTheTrueEmbeddings) {
  const ProbeResult result = distances(true_trajectories(bundle_, examples_));
  EXPECT_EQ(result.rows.front()[0], "1");
  EXPECT_EQ(result.rows.back()[0], "all");
  EXPECT_EQ(at(result, result.rows.back(), "n"), static_cast<double>(true_embeddings(bundle_, examples_).size(0)));
  for (const auto& row : result.rows) {
    for (const char* pair : {"predicted", "reencoded", "between"}) {
      EXPECT_NEAR(at(result, row, std::string("l2_") + pair), 0.0, 1e-3);
      EXPECT_NEAR(at(result, row, std::string("cosine_") + pair), 1.0, kRoundTripClose);
    }
    EXPECT_EQ(at(result, row, "nearest_right"), 1.0);
    EXPECT_TRUE(std::isfinite(at(result, row, "mutual_information")));
  }
  EXPECT_EQ(at(result, result.rows.back(), "contrastive"), 1.0);
}

TEST_F(RoundtripTest, WhatNobodyReadIsDecoded) {
  auto trajectories = true_trajectories(bundle_, examples_);
  auto unread = trajectories;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    auto& steps = trajectories[i].trajectory.steps;
    for (std::size_t step = 0; step < steps.size(); ++step) {
      steps[step].text = decode_sentences(bundle_.writing(), *bundle_.tokenizer, steps[step].concept_.unsqueeze(0),
                                          options_.sentences)[0]
                             .text;
      unread[i].trajectory.steps[step].is_written = false;
      unread[i].trajectory.steps[step].text.clear();
    }
  }
  const ProbeResult result = distances(unread);
  expect_same(result, distances(trajectories));
  // A contextual encoder embeds step 1 from the question alone, whatever was decoded.
  EXPECT_NEAR(at(result, result.rows.front(), "l2_reencoded"), 0.0, 1e-3);
  EXPECT_GT(at(result, result.rows.back(), "l2_reencoded"), 0.1);
}

TEST_F(RoundtripTest, StepsWithoutConceptsOrBeyondTheTrueOnesAreLeftOut) {
  auto trajectories = true_trajectories(bundle_, examples_);
  const std::size_t all = static_cast<std::size_t>(true_embeddings(bundle_, examples_).size(0));
  trajectories[0].trajectory.steps[0].concept_ = torch::Tensor();
  trajectories[1].trajectory.steps.push_back(trajectories[1].trajectory.steps[0]);
  const ProbeResult result = distances(trajectories);
  EXPECT_EQ(result.rows.back()[1], all - 1);
  EXPECT_NEAR(at(result, result.rows.back(), "l2_predicted"), 0.0, 1e-3);
}

TEST_F(RoundtripTest, WhatIsTooLongIsLeftOutAndCounted) {
  examples_[0].question = std::string(2000, 'x');
  examples_[1].steps.back() = "### " + std::string(2000, 'x');
  auto trajectories = true_trajectories(bundle_, {examples_.begin() + 2, examples_.end()});
  for (auto& recorded : trajectories) recorded.id += 2;
  trajectories.push_back(trajectories[0]);
  trajectories.back().id = 1;
  trajectories.back().trajectory.question = examples_[1].question;
  const ProbeResult result = reconstruction(bundle_, *task_, examples_, options_.sentences);
  EXPECT_NE(result.conclusion.find("without steps: 2."), std::string::npos) << result.conclusion;
  const ProbeResult compared = distances(trajectories);
  EXPECT_NE(compared.conclusion.find("for the models: 1."), std::string::npos) << compared.conclusion;
}

TEST_F(RoundtripTest, SpacesThatDifferAreNotComparedAndWithoutAChainThereIsNoInformation) {
  bundle_.reads = "semantic";
  bundle_.chain = nullptr;
  const ProbeResult result = distances(true_trajectories(bundle_, examples_));
  for (const auto& row : result.rows) {
    EXPECT_TRUE(std::isnan(at(result, row, "l2_between")));
    EXPECT_TRUE(std::isnan(at(result, row, "mutual_information")));
    EXPECT_NEAR(at(result, row, "l2_reencoded"), 0.0, 1e-3);  // the texts are the true ones
  }
}

TEST_F(RoundtripTest, SaysWhatIsMissingOrSenseless) {
  const auto trajectories = true_trajectories(bundle_, examples_);
  EXPECT_THROW(distances({}), Error);
  auto other = trajectories;
  other[0].id = 99;
  EXPECT_THROW(distances(other), Error);
  other = trajectories;
  std::swap(other[0].id, other[1].id);
  EXPECT_THROW(distances(other), Error);
  other = trajectories;
  for (auto& recorded : other) {
    for (Step& step : recorded.trajectory.steps) step.concept_ = torch::Tensor();
  }
  EXPECT_THROW(distances(other), Error);
  other = trajectories;
  other[2].trajectory.steps[0].concept_ = torch::ones({3});
  EXPECT_THROW(distances(other), Error);
  options_.max_steps = 3;
  EXPECT_THROW(distances(trajectories), Error);
  options_ = {};
  options_.sentences.batch = 0;
  EXPECT_THROW(distances(trajectories), Error);
  EXPECT_THROW(reconstruction(bundle_, *task_, {}), Error);
  bundle_.autoencoders.erase("contextual");
  EXPECT_THROW(concept_distances(bundle_, *task_, examples_, trajectories), Error);
  bundle_.autoencoders.clear();
  EXPECT_THROW(reconstruction(bundle_, *task_, examples_), Error);
}

TEST(Retrieval, MatchesValuesByHand) {
  // Two texts of two steps, and one of one step whose sentence equals the first.
  const torch::Tensor truth = torch::tensor({{0.0}, {1.0}, {10.0}, {11.0}, {0.5}});
  const torch::Tensor predicted = torch::tensor({{0.4}, {9.0}, {10.2}, {11.0}, {100.0}});
  const auto found = retrieve(predicted, truth, {0, 1, 2, 3, 0}, {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}});
  ASSERT_EQ(found.size(), 5u);
  EXPECT_TRUE(found[0].nearest_is_right);  // the nearest is another embedding of an equal sentence
  EXPECT_FALSE(found[1].nearest_is_right);
  EXPECT_TRUE(found[2].nearest_is_right);
  EXPECT_TRUE(found[3].nearest_is_right);
  EXPECT_FALSE(found[4].nearest_is_right);
  EXPECT_DOUBLE_EQ(*found[0].contrastive, 1.0);        // against 10 and 11
  EXPECT_DOUBLE_EQ(*found[1].contrastive, 1.0 / 3.0);  // of 10, 11 and 0.5 only 0.5 is further
  EXPECT_DOUBLE_EQ(*found[2].contrastive, 1.0);
  EXPECT_DOUBLE_EQ(*found[4].contrastive, 0.0);
  const auto alone = retrieve(predicted.narrow(0, 0, 2), truth.narrow(0, 0, 2), {0, 1}, {{0, 0}, {0, 1}});
  EXPECT_FALSE(alone[0].contrastive);
}

TEST(MutualInformation, IsWhatTheTokenStreamSays) {
  const torch::NoGradGuard no_grad;
  const Bundle bundle = tiny_bundle();
  const auto texts = tiny_reasonings(*bundle.tokenizer);
  const TokenId newline = bundle.tokenizer->newline();
  const auto log_likelihood = [&](const TokenIds& before, const TokenIds& sentence) {
    const LanguageModel& model = *bundle.chain;
    TokenStream stream(model, model.embed(pad({before}).ids), {static_cast<std::int64_t>(before.size())}, 64);
    double sum = 0.0;
    for (const TokenId id : sentence) {
      sum += stream.logits().log_softmax(-1)[0][id].item<double>();
      stream.append(torch::tensor({std::int64_t{id}}));
    }
    return sum;
  };
  const auto found = sentence_likelihoods(*bundle.chain, texts, newline);
  std::size_t n = 0;
  for (const TokenizedReasoning& text : texts) {
    TokenIds before = text.question;
    for (const TokenIds& step : text.steps) {
      ASSERT_LT(n, found.size());
      EXPECT_NEAR(found[n].in_context, log_likelihood(before, step), 1e-3);
      EXPECT_NEAR(found[n].alone, log_likelihood({newline}, step), 1e-3);
      EXPECT_EQ(found[n].tokens, static_cast<std::int64_t>(step.size()));
      EXPECT_NEAR(found[n].mutual_information() * static_cast<double>(step.size()),
                  found[n].in_context - found[n].alone, kRoundTripClose);
      before.insert(before.end(), step.begin(), step.end());
      ++n;
    }
  }
  EXPECT_EQ(n, found.size());
}

}  // namespace
}  // namespace noema
