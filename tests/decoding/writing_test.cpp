#include "decoding/writing.h"

#include <gtest/gtest.h>

#include "tasks/task.h"

namespace noema {
namespace {

constexpr TokenId kNewline = 1;

/// Says over and over what it is told to, one text a row.
class Parrot final : public TokenSource {
 public:
  explicit Parrot(std::vector<TokenIds> texts) : texts_(std::move(texts)) {}

  std::vector<TokenChoice> choose(std::span<Random* const>) override {
    std::vector<TokenChoice> choices;
    for (const TokenIds& text : texts_) choices.push_back({.id = text[said_ % text.size()], .probability = 1.0});
    ++said_;
    return choices;
  }
  void append(const std::vector<std::int64_t>&) override {}
  void keep(const std::vector<std::int64_t>& rows) override {
    std::vector<TokenIds> kept;
    for (const std::int64_t row : rows) kept.push_back(texts_[static_cast<std::size_t>(row)]);
    texts_ = std::move(kept);
  }

 private:
  std::vector<TokenIds> texts_;
  std::size_t said_ = 0;
};

std::vector<WrittenSentence> written(std::vector<TokenIds> texts, std::int64_t most) {
  Random random(1);
  std::vector<Random*> randoms(texts.size(), &random);
  Parrot parrot(std::move(texts));
  return write_sentences(parrot, randoms, kNewline, most);
}

TEST(WrittenSentences, EndWithANewlineAtTheMostTokensOrWhereTheyGoRound) {
  const TokenIds no_circle = {2, 3, 4, 5, 6};
  const auto sentences = written({{2, 3, kNewline}, no_circle, {7}, {7, 8, 9, 7}}, 40);
  EXPECT_EQ(sentences[0].tokens, (TokenIds{2, 3}));
  EXPECT_EQ(sentences[0].end, SentenceEnd::newline);
  EXPECT_EQ(sentences[1].tokens.size(), 40u);
  EXPECT_EQ(sentences[1].end, SentenceEnd::cut_off);
  EXPECT_EQ(sentences[2].tokens, TokenIds(16, 7));
  EXPECT_EQ(sentences[2].end, SentenceEnd::repetition);
  EXPECT_EQ(sentences[3].tokens.size(), 16u);
  EXPECT_EQ(sentences[3].end, SentenceEnd::repetition);
}

TEST(WrittenSentences, StateAnAnswerOnlyWhereTheyCameToTheirEnd) {
  Step step;
  step.text = "### 18";
  const auto questions = make_task("questions"), text = make_task("text");
  EXPECT_EQ(answer_of(*questions, step), "18");
  for (const SentenceEnd end : {SentenceEnd::cut_off, SentenceEnd::repetition}) {
    step.end = end;
    EXPECT_FALSE(answer_of(*questions, step));
    EXPECT_EQ(answer_of(*text, step), "### 18");
  }
}

}  // namespace
}  // namespace noema
