#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/text/sample_corpus.h"
#include "text/tokenizer.h"

namespace noema {
namespace {

TEST(TokenizerTraining, SameTextsGiveTheSameModel) {
  const std::vector<std::string> texts = test::sample_corpus(400);
  const auto first = train_tokenizer(texts, {.vocab_size = 400}), second = train_tokenizer(texts, {.vocab_size = 400});
  EXPECT_EQ(first->serialized(), second->serialized());
}

TEST(TokenizerTraining, VocabularyIsAtMostAsLargeAsAskedFor) {
  const std::vector<std::string> texts = test::sample_corpus(400);
  EXPECT_EQ(train_tokenizer(texts, {.vocab_size = 350})->vocab_size(), 350);
  const int all = train_tokenizer(texts, {.vocab_size = 100000})->vocab_size();
  EXPECT_GT(all, 350);
  EXPECT_LT(all, 1000);
}

TEST(TokenizerTraining, WorksOnVeryLittleText) {
  for (const std::string& text : {std::string("a"), std::string("Tom\n\n"), std::string("\u6f22"), std::string("\t")}) {
    const auto tokenizer = train_tokenizer({text}, {});
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(text + " x\n")), text + " x\n") << printable(text);
  }
}

TEST(TokenizerTraining, WordsOfAPhraseHavePiecesElsewhere) {
  const auto tokenizer = train_tokenizer(std::vector<std::string>(50, "pack my box"), {});
  EXPECT_EQ(tokenizer->encode("pack my box").size(), 1u);
  for (const TokenId id : tokenizer->encode("box my")) EXPECT_FALSE(tokenizer->piece(id).starts_with("<0x"));
}

TEST(TokenizerTraining, GivenPhrasesAreOnePieceEach) {
  const std::vector<std::string> phrases = {" C,", " <<Move A", " from the table to", " D>>", " an \"odd, one\""};
  const auto tokenizer = train_tokenizer({"<<Move A from C, to D>>", "an odd one, to move from the table"},
                                         {.vocab_size = 400, .phrases = phrases});
  EXPECT_EQ(tokenizer->encode("<<Move A from the table to D>>").size(), 3u);
  EXPECT_EQ(tokenizer->encode("C, C,").size(), 2u);
  EXPECT_EQ(tokenizer->encode("an \"odd, one\"").size(), 1u);
  for (const char* text : {"C,", "Cat, D>>x", "<<Move Anna", "<<Move A", "from the table top", " C ,"}) {
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(std::string(text) + "\n")), std::string(text) + "\n");
  }
  for (const char* text : {"<<Move Anna", "from the table top"}) {
    EXPECT_GT(tokenizer->encode(text).size(), 1u) << "a phrase ends where a word ends";
  }
  const auto again = parse_tokenizer(tokenizer->serialized(), "a copy");
  EXPECT_EQ(again->encode("<<Move A from the table to D>>"), tokenizer->encode("<<Move A from the table to D>>"));
}

TEST(TokenizerTraining, RefusesWhatCannotWork) {
  EXPECT_THROW(train_tokenizer({}, {}), Error);
  EXPECT_THROW(train_tokenizer({"", "\n"}, {}), Error);
  EXPECT_THROW(train_tokenizer({"Tom \xff"}, {}), Error);
  const std::vector<std::string> texts = test::sample_corpus(50);
  for (const int size : {-1, 0, 10, 258}) EXPECT_THROW(train_tokenizer(texts, {.vocab_size = size}), Error) << size;
  for (const char* phrase : {"", "no space before", " one", " ", " \xff two"}) {
    EXPECT_THROW(train_tokenizer(texts, {.phrases = {phrase}}), Error) << phrase;
  }
  for (const int length : {-1, 0}) EXPECT_THROW(train_tokenizer(texts, {.max_piece_length = length}), Error) << length;
}

}  // namespace
}  // namespace noema
