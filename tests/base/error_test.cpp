#include "base/error.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/utf8.h"

namespace noema {
namespace {

TEST(Error, SaysTheFourPartsOnOneLine) {
  const Error error({"a.toml, line 3", "a number", "\"x\"", "write a number"});
  EXPECT_STREQ(error.what(), "a.toml, line 3: expected a number, found \"x\"; write a number");
  EXPECT_EQ(error.problem().remedy, "write a number");
}

TEST(Error, LeavesOutEmptyParts) {
  EXPECT_STREQ(Error({"width", "a number", "", ""}).what(), "width: expected a number");
}

TEST(Error, StaysOnOneLineWhateverAFileIsCalled) {
  const std::string what = Error({"two\nlines", "a\x1b[31m file", "\xff", ""}).what();
  EXPECT_EQ(what, "two\\nlines: expected a\\x1b[31m file, found \xef\xbf\xbd");
}

TEST(Printable, EscapesControlCharactersAndKeepsText) {
  EXPECT_EQ(printable("a\n\tb\x01\x7fé"), "a\\n\\tb\\x01\\x7fé");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Printable, ShortensTheMiddleAtCharacterBorders) {
  EXPECT_EQ(printable("0123456789", 6), "0123…89");
  std::string accents;
  for (int i = 0; i < 500; ++i) accents += "é";
  for (std::size_t length = 0; length < 20; ++length) {
    const std::string shown = printable(accents, length);
    EXPECT_TRUE(is_utf8(shown));
    EXPECT_EQ(shown.find("\xef\xbf\xbd"), std::string::npos);
    EXPECT_LE(shown.size(), length + std::string("…").size());
  }
}

TEST(Printable, LeavesNothingThatSteersATerminalOrTurnsText) {
  EXPECT_EQ(printable("a\x1b[31mb\x7f"), "a\\x1b[31mb\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m")
      << "U+009B is ESC [ in one";
  for (const char* mark : {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069"}) {
    EXPECT_EQ(printable(mark).find_first_not_of("\\x0123456789abcdef"), std::string::npos) << printable(mark);
  }
  EXPECT_EQ(printable("\u00a0é ‐ ‧ \u2065 \u206a 日本"), "\u00a0é ‐ ‧ \u2065 \u206a 日本");
}

}  // namespace
}  // namespace noema
