#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "tests/text/sample_corpus.h"
#include "text/sentencepiece_file.h"
#include "text/tokenizer.h"

namespace noema {
namespace {

const std::string& model() {
  static const std::string content = train_tokenizer(test::sample_corpus(400), {.vocab_size = 400})->serialized();
  return content;
}

/// "" when the content is taken for a tokenizer.
std::string error_of(const std::string& content) {
  try {
    parse_tokenizer(content, "some.model");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

std::string with_replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST(TokenizerFile, GivesTheSameTokenizer) {
  const auto path = std::filesystem::temp_directory_path() / ("noema_tokenizer_" + std::to_string(getpid()) + ".model");
  write_file(path, model());
  const auto loaded = load_tokenizer(path);
  std::filesystem::remove(path);
  const auto parsed = parse_tokenizer(model(), "memory");
  EXPECT_EQ(loaded->serialized(), model());
  for (const std::string& text : test::sample_corpus(50)) EXPECT_EQ(loaded->encode(text), parsed->encode(text));
  EXPECT_THROW(load_tokenizer(path), Error);
}

TEST(TokenizerFile, RefusesWhatIsNoModel) {
  for (const std::string& content : {std::string(), std::string("hello"), std::string(1000, '\0'),
                                     std::string("\n\xff"), std::string("\x0a\xff\xff\xff\xff\x0f", 6)}) {
    EXPECT_NE(error_of(content).find("some.model"), std::string::npos) << printable(content);
  }
}

TEST(TokenizerFile, RefusesAModelThatLacksPieces) {
  EXPECT_NE(error_of(with_replaced(model(), "<0x41>", "<0xZZ>")), "");
  std::string with_other_type = model();  // "<0x41>" and the like as pieces of a text, not as bytes
  for (std::size_t at = 0; (at = with_other_type.find("<0x", at)) != std::string::npos; ++at) {
    with_other_type[at + 12] = '\x01';  // after the piece and its score: from BYTE to NORMAL
  }
  const std::string no_byte_fallback("\x12\x03\x98\x02\x00", 5);
  EXPECT_NE(error_of(with_other_type + no_byte_fallback).find("<0x00>"), std::string::npos);
  EXPECT_NE(error_of(with_replaced(model(), "\x0a\x01\x0a", "\x0a\x01\x0b")), "");  // the "\n" piece, renamed
}

TEST(TokenizerFile, TruncatedModelsAreRefusedOrStillRoundTrip) {
  const std::string text = "Tom went to the kitchen. \u6f22 <0x41>\n42";
  int refused = 0, checked = 0;
  for (std::size_t size = 0; size < model().size(); size += 7, ++checked) {
    try {
      const auto tokenizer = parse_tokenizer(model().substr(0, size), "some.model");
      EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text) << size;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, checked * 3 / 4);  // a protobuf that ends between two fields is a whole one
}

TEST(TokenizerFile, DamagedModelsAreRefusedOrStillRoundTrip) {
  const std::string text = "Tom went to the kitchen. \u6f22 <0x41>\n42";
  Random random(3);
  for (int i = 0; i < 500 && !HasFailure(); ++i) {
    std::string damaged = model();
    for (int flips = random.between(1, 5); flips > 0; --flips) {
      damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
    }
    try {
      const auto tokenizer = parse_tokenizer(damaged, "some.model");
      EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text) << i;
    } catch (const Error&) {
    }
  }
}

TEST(TokenizerFile, RefusesRewritingRules) {
  const std::string charsmap("\x12\x04\x00\x00\x00\x00", 6);  // field 2 of a NormalizerSpec
  for (const char field : {'\x1a', '\x2a'}) {                 // normalizer_spec, denormalizer_spec
    const std::string content = model() + field + '\x06' + charsmap;
    EXPECT_FALSE(is_free_of_rewriting(content));
    EXPECT_NE(error_of(content).find("normalisation"), std::string::npos);
  }
  EXPECT_TRUE(is_free_of_rewriting(model()));
  EXPECT_FALSE(is_free_of_rewriting(model() + '\x1a'));
  EXPECT_FALSE(is_free_of_rewriting(std::string("\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11)));
}

}  // namespace
}  // namespace noema
