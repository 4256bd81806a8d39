#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "base/error.h"
#include "tests/text/sample_corpus.h"

namespace noema {
namespace {

constexpr TokenizerOptions kOptions = {.vocab_size = 480};

const Tokenizer& tokenizer() {
  static const std::unique_ptr<Tokenizer> trained = train_tokenizer(test::sample_corpus(), kOptions);
  return *trained;
}

std::vector<std::string> pieces(const std::string& text) {
  std::vector<std::string> result;
  for (const TokenId id : tokenizer().encode(text)) result.push_back(tokenizer().piece(id));
  return result;
}

void expect_round_trip(const std::string& text) {
  EXPECT_EQ(tokenizer().decode(tokenizer().encode(text)), text) << printable(text, 400);
}

/// Well-formed text that mixes what is known, what is unknown, and what the tokenizer uses for itself.
std::string random_text(Random& random) {
  static const std::vector<std::string> parts = {" ",
                                                 "  ",
                                                 "\n",
                                                 "\n\n",
                                                 "\t",
                                                 "\r\n",
                                                 "Tom",
                                                 " went to the",
                                                 " has",
                                                 "'s",
                                                 "42",
                                                 "x",
                                                 "_",
                                                 "<0x41>",
                                                 "<unk>",
                                                 "\\n",
                                                 "\u2581",
                                                 "\u2585",
                                                 "\u00e9",
                                                 "e\u0301",
                                                 "\u00a0",
                                                 "\u3000",
                                                 "\u6f22\u5b57",
                                                 "\U0001f642",
                                                 "\u200d",
                                                 "\ufffd",
                                                 "\U0010ffff",
                                                 "\ufeff",
                                                 ".",
                                                 "{};",
                                                 "\u05d0",
                                                 "\u2028",
                                                 std::string(1, '\0'),
                                                 "\x01",
                                                 "\x7f",
                                                 "\ufb01",
                                                 "\u00bd"};
  std::string text;
  for (std::uint64_t left = random.below(12); left > 0; --left) {
    if (random.chance(0.8)) {
      text += random.pick(parts);
    } else {
      text += static_cast<char>(random.below(128));
    }
  }
  return text;
}

TEST(Tokenizer, GivesEveryTextBack) {
  const std::string code = "int main() {\n\tfor (int i = 0; i < 10; ++i) {\n    x[i] += 0x1F;  // odd\n\t}\n}\n";
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string("\n\n\n"), std::string(" "), std::string("  \n "), code,
        std::string("Tom went to the kitchen.\n### kitchen\n"), std::string("  Tom\n Tom\nTom  "),
        std::string("na\u00efve caf\u00e9 e\u0301 \u00c5\u212b \ufb01 \u00bd"), std::string("\u6f22\u5b57\u304b\u306a"),
        std::string("\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f642\U0001f1e9\U0001f1ea"),
        std::string("\u2581 \u2581a a\u2581 \u2581\u2581"), std::string("\t\r\n\v\f \u00a0\u3000\u2003"),
        std::string("a\0b\x01\x1b[0m\x7f", 10), std::string("<0x0A><unk><s>\\n"), std::string(5000, 'a')}) {
    expect_round_trip(text);
  }
}

TEST(Tokenizer, GivesRandomTextsBack) {
  Random random(1);
  for (int i = 0; i < 10000 && !HasFailure(); ++i) expect_round_trip(random_text(random));
}

TEST(Tokenizer, TextsMayBeEncodedLineByLine) {
  Random random(2);
  for (int i = 0; i < 2000 && !HasFailure(); ++i) {
    const std::string first = random_text(random) + "\n", second = random_text(random);
    std::vector<TokenId> ids = tokenizer().encode(first);
    const std::vector<TokenId> rest = tokenizer().encode(second);
    ids.insert(ids.end(), rest.begin(), rest.end());
    EXPECT_EQ(ids, tokenizer().encode(first + second)) << printable(first + second, 400);
    EXPECT_EQ(tokenizer().decode(rest), second);
  }
}

TEST(Tokenizer, NewlineIsOneTokenThatEndsNothingElse) {
  const TokenId newline = tokenizer().newline();
  EXPECT_EQ(tokenizer().piece(newline), "\n");
  const std::vector<TokenId> ids = tokenizer().encode("Tom went to the\n\nkitchen\n");
  EXPECT_EQ(std::count(ids.begin(), ids.end(), newline), 3);
  EXPECT_EQ(ids.back(), newline);
  EXPECT_EQ(tokenizer().encode("\n"), std::vector<TokenId>{newline});
  EXPECT_TRUE(tokenizer().encode("").empty());
}

TEST(Tokenizer, PhrasesNamesAndNounsAreOnePieceEach) {
  EXPECT_EQ(pieces("Tom went to the kitchen."),
            (std::vector<std::string>{"\u2581Tom", "\u2581went\u2581to\u2581the", "\u2581kitchen", "."}));
  for (const std::string& name : test::people()) EXPECT_EQ(pieces(name).size(), 1u) << name;
  for (const std::string& noun : test::things()) EXPECT_EQ(pieces("the " + noun).size(), 2u) << noun;
}

TEST(Tokenizer, AWordIsTheSamePieceAtTheStartOfALineAndInside) {
  for (const std::string& name : test::people()) {
    const TokenId alone = tokenizer().encode(name).front();
    EXPECT_EQ(tokenizer().encode("Then " + name).back(), alone);
    EXPECT_EQ(tokenizer().encode("Then\n" + name).back(), alone);
  }
}

TEST(Tokenizer, PhrasesEndWhereWordsEnd) {
  const std::vector<std::string> found = pieces("Tom went to theatres");
  EXPECT_EQ(std::count(found.begin(), found.end(), "\u2581went\u2581to\u2581the"), 0);
  expect_round_trip("Tom went to theatres");
}

TEST(Tokenizer, NoPieceHoldsTwoWordsUnlessItIsAPhrase) {
  std::vector<std::string> found;
  for (TokenId id = 0; id < tokenizer().vocab_size(); ++id) {
    const std::string piece = tokenizer().piece(id);
    if (piece.find("\u2581", 1) != std::string::npos) found.push_back(piece);
    if (id != tokenizer().newline()) EXPECT_EQ(piece.find('\n'), std::string::npos);
  }
  for (const std::string& piece : found) EXPECT_TRUE(piece.starts_with("\u2581")) << piece;
  EXPECT_NE(std::find(found.begin(), found.end(), "\u2581went\u2581to\u2581the"), found.end());
}

TEST(Tokenizer, SplitsDigits) {
  EXPECT_EQ(pieces("of 2077"), (std::vector<std::string>{"\u2581of", "\u2581", "2", "0", "7", "7"}));
  for (TokenId id = 0; id < tokenizer().vocab_size(); ++id) {
    const std::string piece = tokenizer().piece(id);
    if (piece.starts_with("<0x") || piece.size() == 1) continue;
    EXPECT_EQ(piece.find_first_of("0123456789"), std::string::npos) << piece;
  }
}

TEST(Tokenizer, UnknownCharactersAreBytes) {
  const std::vector<std::string> found = pieces(". \u6f22");
  ASSERT_GE(found.size(), 3u);
  EXPECT_EQ(std::vector(found.end() - 3, found.end()), (std::vector<std::string>{"<0xE6>", "<0xBC>", "<0xA2>"}));
}

TEST(Tokenizer, NamesTheOffsetOfMalformedText) {
  for (const auto& [text, offset] : std::vector<std::pair<std::string, std::string>>{
           {"ab\xff", "offset 2"}, {"\xc3", "offset 0"}, {"Tom\n\xed\xa0\x80", "offset 4"}, {"\xc0\xaf", "offset 0"}}) {
    try {
      tokenizer().encode(text);
      ADD_FAILURE() << "no error for " << printable(text);
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(offset), std::string::npos) << error.what();
    }
  }
}

TEST(Tokenizer, DecodesIncompleteCharactersAndRefusesUnknownIds) {
  std::vector<TokenId> ids = tokenizer().encode("Tom \u6f22");
  ids.pop_back();
  EXPECT_EQ(tokenizer().decode(ids), "Tom \ufffd");
  for (const TokenId id : {-1, tokenizer().vocab_size()}) {
    EXPECT_THROW(tokenizer().decode(std::vector<TokenId>{id}), Error);
    EXPECT_THROW(tokenizer().piece(id), Error);
  }
}

TEST(Tokenizer, ThreadsMayShareIt) {
  const auto fresh = parse_tokenizer(tokenizer().serialized(), "copy");
  const std::vector<std::string> texts = test::sample_corpus(300);
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (const std::string& text : texts) wrong[t] += fresh->decode(fresh->encode(text)) != text;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

}  // namespace
}  // namespace noema
