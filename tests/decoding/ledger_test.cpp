#include "decoding/ledger.h"

#include <gtest/gtest.h>

namespace noema {
namespace {

using Lines = std::vector<std::size_t>;

/// What was last announced.
struct LastAnnounced final : Observer {
  void on_phase(Phase now) override { phase = now; }
  void on_rows(std::span<const std::size_t> questions) override { rows.assign(questions.begin(), questions.end()); }
  Phase phase = Phase::prefill;
  Lines rows;
};

TEST(Ledger, NobodyIsChargedOutsideOfAllScopes) {
  LastAnnounced announced;
  Ledger ledger(1, nullptr, &announced);
  { Ledger::Scope reading(ledger, Phase::prefill, {0}); }
  EXPECT_EQ(announced.rows, Lines{});
}

TEST(Ledger, WhatWasDoneBeforeAScopeGoesOnAfterIt) {
  LastAnnounced announced;
  Ledger ledger(5, nullptr, &announced);
  Ledger::Scope reasoning(ledger, Phase::reasoning, {4, 1, 3});
  {
    Ledger::Scope writing(ledger, Phase::decoding, {4, 1, 3});
    writing.keep({2});
    EXPECT_EQ(announced.rows, Lines{3});
    EXPECT_EQ(announced.phase, Phase::decoding);
  }
  EXPECT_EQ(announced.rows, (Lines{4, 1, 3}));
  EXPECT_EQ(announced.phase, Phase::reasoning);
  reasoning.keep({0, 2});
  EXPECT_EQ(announced.rows, (Lines{4, 3}));
}

TEST(Ledger, CountsForTheLinesOfAScopeAlone) {
  Ledger ledger(4, nullptr, nullptr);
  Ledger::Scope reasoning(ledger, Phase::reasoning, {0, 2});
  reasoning.count_pass();
  {
    Ledger::Scope writing(ledger, Phase::decoding, {2, 2, 3});  // two sentences of the same question
    writing.count_pass();
    writing.keep({0, 2});
    writing.count_tokens();
  }
  reasoning.count_tokens();
  const std::vector<std::pair<int, int>> wanted = {{1, 1}, {0, 0}, {3, 2}, {1, 1}};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(ledger.cost(i).passes, wanted[i].first) << i;
    EXPECT_EQ(ledger.cost(i).tokens, wanted[i].second) << i;
  }
}

TEST(Ledger, ReadingQuestionsAndLookingAtStepsCountForNothing) {
  Ledger ledger(1, nullptr, nullptr);
  for (const Phase phase : {Phase::prefill, Phase::view}) {
    Ledger::Scope scope(ledger, phase, {0});
    scope.count_pass();
    scope.count_tokens();
  }
  EXPECT_EQ(ledger.cost(0).passes, 0);
  EXPECT_EQ(ledger.cost(0).tokens, 0);
}

TEST(Ledger, TimeGoesToTheInnermostScopeAndToNobodyOutsideOfAll) {
  Ledger ledger(2, nullptr, nullptr);
  {
    Ledger::Scope reasoning(ledger, Phase::reasoning, {0});
    Ledger::Scope writing(ledger, Phase::decoding, {1});
  }
  const Cost first = ledger.cost(0), second = ledger.cost(1);
  EXPECT_EQ(first.decoding_ms, 0.0);
  EXPECT_EQ(second.reasoning_ms, 0.0);
  { Ledger::Scope nobody(ledger, Phase::reasoning, {}); }
  EXPECT_EQ(ledger.cost(0).total_ms(), first.total_ms());
  EXPECT_EQ(ledger.cost(1).total_ms(), second.total_ms());
}

}  // namespace
}  // namespace noema
