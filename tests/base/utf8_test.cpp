#include "base/utf8.h"

#include <gtest/gtest.h>

namespace noema {
namespace {

TEST(Utf8, AcceptsWellFormedText) {
  for (const char* text : {"", "plain", "é", "ẑ", "日本", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, RefusesMalformedText) {
  for (const char* text :
       {"\x80", "\xff", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2(\xa1"}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_EQ(utf8_error_offset(std::string("ab") + text), 2u);
    EXPECT_TRUE(is_utf8(utf8_repaired(text)));
  }
}

TEST(Utf8, RepairsOnlyWhatIsMalformed) {
  EXPECT_EQ(utf8_repaired("dé\xffjà"), "dé\xef\xbf\xbdjà");
  EXPECT_EQ(utf8_repaired("a\xe2\x82z"), "a\xef\xbf\xbdz");
  EXPECT_EQ(utf8_repaired("ẑ"), "ẑ");
}

}  // namespace
}  // namespace noema
