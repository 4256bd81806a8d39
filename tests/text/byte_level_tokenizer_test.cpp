#include "text/byte_level_tokenizer.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"

namespace noema {
namespace {

nlohmann::json fixture(const std::string& name) { return read_json(NOEMA_TEST_DATA "/import/" + name + ".json"); }

class ByteLevelTokenizer : public testing::TestWithParam<const char*> {
 protected:
  const nlohmann::json fixture_ = fixture(GetParam());
  const std::unique_ptr<Tokenizer> tokenizer_ =
      make_byte_level_tokenizer(hugging_face_vocabulary(fixture_["tokenizer"], GetParam()), GetParam());
};

INSTANTIATE_TEST_SUITE_P(PreTokenizers, ByteLevelTokenizer, testing::Values("gpt2", "digits"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(ByteLevelTokenizer, GivesTheIdsOfHuggingFace) {
  const auto& lines = fixture_["lines"];
  ASSERT_EQ(lines.size(), 150u);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(nlohmann::json(tokenizer_->encode(lines[i].get<std::string>())), fixture_["ids"][i]) << lines[i];
  }
}

TEST_P(ByteLevelTokenizer, TextsComeBack) {
  for (const auto& line : fixture_["lines"]) {
    const std::string text = line.get<std::string>() + "\n\n" + line.get<std::string>() + "\n";
    EXPECT_EQ(tokenizer_->decode(tokenizer_->encode(text)), text);
  }
  EXPECT_TRUE(tokenizer_->encode("").empty());
}

TEST_P(ByteLevelTokenizer, LinesAreEncodedOneByOne) {
  auto first = tokenizer_->encode("int i = 0;  \n");
  const auto second = tokenizer_->encode("  return i;");
  EXPECT_EQ(first.back(), tokenizer_->newline());
  first.insert(first.end(), second.begin(), second.end());
  EXPECT_EQ(tokenizer_->encode("int i = 0;  \n  return i;"), first);
}

TEST_P(ByteLevelTokenizer, SurvivesBeingStored) {
  const auto stored = parse_tokenizer(tokenizer_->serialized(), "stored");
  EXPECT_EQ(stored->serialized(), tokenizer_->serialized());
  EXPECT_EQ(stored->encode("We'll pay 3.14 €"), tokenizer_->encode("We'll pay 3.14 €"));
}

TEST_P(ByteLevelTokenizer, FirstPiecesWriteEveryText) {
  const ByteLevelVocabulary all = stored_vocabulary(tokenizer_->serialized(), "all");
  const FirstPieces first = first_pieces(all, 400, "first");
  const auto shorter = make_byte_level_tokenizer(first.vocabulary, "first");
  ASSERT_EQ(shorter->vocab_size(), 400);
  for (TokenId id = 0; id < 400; ++id) {
    EXPECT_EQ(shorter->piece(id), tokenizer_->piece(first.ids[static_cast<std::size_t>(id)]));
  }
  std::size_t pieces = 0, of_all = 0;
  for (const auto& line : fixture_["lines"]) {
    const auto ids = shorter->encode(line.get<std::string>());
    EXPECT_EQ(shorter->decode(ids), line.get<std::string>());
    pieces += ids.size();
    of_all += tokenizer_->encode(line.get<std::string>()).size();
  }
  EXPECT_GT(pieces, of_all);
  EXPECT_EQ(shorter->decode(std::vector<TokenId>{0}), "");  // still a control token

  const FirstPieces every = first_pieces(all, all.tokens.size() + 5, "first");
  EXPECT_EQ(every.vocabulary.tokens, all.tokens);
  EXPECT_EQ(every.vocabulary.merges, all.merges);
  EXPECT_THROW(first_pieces(all, 100, "first"), Error);
}

TEST_P(ByteLevelTokenizer, ALongWordTakesNoSquareOfItsLength) {
  const std::string word(1 << 20, 'a');
  EXPECT_EQ(tokenizer_->decode(tokenizer_->encode(word)), word);
}

TEST_P(ByteLevelTokenizer, ControlTokensStandForNoText) {
  EXPECT_EQ(tokenizer_->piece(0), "<|endoftext|>");
  EXPECT_EQ(tokenizer_->decode(std::vector<TokenId>{0}), "");
  const auto ids = tokenizer_->encode("<|endoftext|>");
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 0), 0) << "a text must not control the model";
}

TEST(ByteLevelVocabularies, BadOnesAreRefused) {
  const auto whole = hugging_face_vocabulary(fixture("gpt2")["tokenizer"], "gpt2");
  const auto refusal = [&](const auto& damage) -> std::string {
    ByteLevelVocabulary vocabulary = whole;
    damage(vocabulary);
    try {
      make_byte_level_tokenizer(vocabulary, "test");
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  EXPECT_EQ(refusal([](auto&) {}), "");
  EXPECT_NE(refusal([](auto& v) { v.merges.emplace_back("a", "☃"); }).find("do not fit"), std::string::npos);
  EXPECT_NE(refusal([](auto& v) { v.tokens.push_back(v.tokens[7]); }).find("twice"), std::string::npos);
  EXPECT_NE(refusal([](auto& v) { v.control.push_back(1 << 20); }).find("control"), std::string::npos);
  EXPECT_NE(refusal([](auto& v) { v = {}; }).find("a token"), std::string::npos);
}

TEST(ByteLevelVocabularies, OtherKindsOfTokenizersAreRefused) {
  const auto refused = [](const char* path, const nlohmann::json& value) {
    nlohmann::json tokenizer = fixture("gpt2")["tokenizer"];
    tokenizer[nlohmann::json::json_pointer(path)] = value;
    EXPECT_THROW(hugging_face_vocabulary(tokenizer, "test"), Error) << path;
  };
  refused("/model/type", "Unigram");
  refused("/normalizer", {{"type", "NFKC"}});
  refused("/pre_tokenizer", {{"type", "Whitespace"}});
  refused("/pre_tokenizer/add_prefix_space", true);
  refused("/model/merges", "none");
  refused("/model/vocab", nlohmann::json::array());
  refused("/model/vocab/a", 1 << 30);
  EXPECT_THROW(gguf_vocabulary({{"tokenizer.ggml.model", "llama"}}, "test"), Error);
  EXPECT_THROW(parse_tokenizer("{\"tokens\": 3}", "test"), Error);
}

}  // namespace
}  // namespace noema
