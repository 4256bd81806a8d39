#include "text/segmenter.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "base/utf8.h"

namespace noema {
namespace {

using Sentences = std::vector<std::string>;

Sentences prose(const std::string& text, const ProseOptions& options = {}) {
  return make_prose_segmenter(options)->split(text);
}

std::string without_spaces(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
  return text;
}

std::string joined(const Sentences& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += sentence;
  return text;
}

TEST(LineSegmenter, GivesTheLinesThatAreNotEmpty) {
  const auto segmenter = make_line_segmenter();
  EXPECT_EQ(segmenter->split("one. two\n\n  three \r\n\t\nfour"), (Sentences{"one. two", "three", "four"}));
  EXPECT_TRUE(segmenter->split("").empty());
  EXPECT_TRUE(segmenter->split(" \n\n").empty());
}

TEST(ProseSegmenter, CutsAtTheEndsOfSentences) {
  EXPECT_EQ(prose("Tom left. Did he? Yes! He did."), (Sentences{"Tom left.", "Did he?", "Yes!", "He did."}));
  EXPECT_EQ(prose("Wow... Then it rained."), (Sentences{"Wow...", "Then it rained."}));
  EXPECT_EQ(prose("\u4eca\u65e5\u306f\u3002\u884c\u304f\u3002"),
            (Sentences{"\u4eca\u65e5\u306f\u3002", "\u884c\u304f\u3002"}));
  EXPECT_EQ(prose("no full stop"), Sentences{"no full stop"});
  EXPECT_TRUE(prose("").empty());
  EXPECT_TRUE(prose(" \n\t\n ").empty());
}

TEST(ProseSegmenter, GoesOnAfterAbbreviations) {
  for (const std::string& sentence :
       {"Dr. Smith met Mr. Jones.", "He saw e.g. Paris.", "It is i.e. Tom's.", "Milk etc. Then more.", "Tom vs. Anna.",
        "See Fig. 3 there.", "Take No. 5 now.", "At St. Paul they met.", "The U.S. Army came.", "J. R. Smith paid.",
        "Prof. Li left.", "Mrs. Hill and Ms. Hall met Lt. Dan.", "It cost 3.50 dollars.", "Version 1.2.3 is out."}) {
    EXPECT_EQ(prose(sentence + std::string(" They left.")), (Sentences{sentence, "They left."}));
  }
}

TEST(ProseSegmenter, WordsThatLookLikeAbbreviationsEndSentences) {
  EXPECT_EQ(prose("Was it Tom? No. He left."), (Sentences{"Was it Tom?", "No.", "He left."}));
  EXPECT_EQ(prose("She likes Joe. He went up. So do I. It rains."),
            (Sentences{"She likes Joe.", "He went up.", "So do I.", "It rains."}));
  EXPECT_EQ(prose("It was the best. We left."), (Sentences{"It was the best.", "We left."}));
}

TEST(ProseSegmenter, QuotesStayWithTheirSentence) {
  EXPECT_EQ(prose("\"Go!\" he said. \"Why?\" She left."), (Sentences{"\"Go!\" he said.", "\"Why?\"", "She left."}));
}

TEST(ProseSegmenter, WrappedLinesAreOneParagraph) {
  EXPECT_EQ(prose("Tom went\nto Paris. He\r\nstayed"), (Sentences{"Tom went to Paris.", "He stayed"}));
  EXPECT_EQ(prose("A heading\n\nTom left."), (Sentences{"A heading", "Tom left."}));
  EXPECT_EQ(prose("Buy:\n- milk\n- eggs\n2) bread"), (Sentences{"Buy:", "- milk", "- eggs", "2) bread"}));
}

TEST(ProseSegmenter, SplitsLongSentencesAtAClauseElseASpaceElseAGrapheme) {
  EXPECT_EQ(prose("When it rains, Tom stays at home.", {.max_length = 25}),
            (Sentences{"When it rains,", "Tom stays at home."}));
  EXPECT_EQ(prose("aaa bbb ccc ddd", {.max_length = 10}), (Sentences{"aaa bbb", "ccc ddd"}));
  EXPECT_EQ(prose("abcdefgh", {.max_length = 3}), (Sentences{"abc", "def", "gh"}));
  EXPECT_EQ(prose("e\u0301e\u0301e\u0301", {.max_length = 3}), (Sentences{"e\u0301", "e\u0301", "e\u0301"}));
  EXPECT_EQ(prose("\U0001f642\U0001f642\U0001f642", {.max_length = 2}),
            (Sentences{"\U0001f642\U0001f642", "\U0001f642"}));
  EXPECT_EQ(prose("e\u0301\u0301\u0301\u0301", {.max_length = 2}).size(), 3u);  // one grapheme, longer than the limit
  EXPECT_EQ(prose("ab", {.max_length = std::size_t(-1)}), Sentences{"ab"});
}

TEST(ProseSegmenter, LosesNothingAndKeepsToTheLimit) {
  static const Sentences parts = {" ",  "\n", "\n\n", ". ",     "? ",     "Dr. ",   "word", ", ",         "e\u0301",
                                  "No", "5",  "\"",   "\u3002", "\u6f22", "\uff0c", "-",    "\U0001f642", "x"};
  Random random(4);
  const auto segmenter = make_prose_segmenter({.max_length = 20});
  for (int i = 0; i < 1000 && !HasFailure(); ++i) {
    std::string text;
    for (std::uint64_t left = random.below(40); left > 0; --left) text += random.pick(parts);
    const Sentences sentences = segmenter->split(text);
    EXPECT_EQ(without_spaces(joined(sentences)), without_spaces(text));
    for (const std::string& sentence : sentences) {
      EXPECT_EQ(sentence.find('\n'), std::string::npos);
      EXPECT_TRUE(is_utf8(sentence));
      EXPECT_LE(std::count_if(sentence.begin(), sentence.end(), [](char c) { return (c & 0xc0) != 0x80; }), 20);
    }
  }
}

TEST(ProseSegmenter, KnowsOtherLanguages) {
  EXPECT_EQ(prose("Das ist z.B. gut. Er kommt.", {.locale = "de"}), (Sentences{"Das ist z.B. gut.", "Er kommt."}));
  EXPECT_EQ(prose("\u884c\u304f\u3002\u884c\u304f\u3002", {.locale = "ja"}).size(), 2u);
}

TEST(ProseSegmenter, RefusesMalformedTextAndOptions) {
  EXPECT_THROW(make_prose_segmenter({.max_length = 0}), Error);
  try {
    prose("ab\xff");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("offset 2"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace noema
