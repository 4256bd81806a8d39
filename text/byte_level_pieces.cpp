// GPT-2's pattern, in the order in which its parts are tried:
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+

#include "text/byte_level_pieces.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <array>

namespace noema {
namespace {

constexpr std::array<std::string_view, 7> kContractions = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};

enum class Class { letter, number, space, other, end };

/// Characters one after the other, and their classes.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) { look(); }

  Class here() const { return class_; }
  std::size_t offset() const { return static_cast<std::size_t>(offset_); }
  bool is_blank() const { return offset() < text_.size() && text_[offset()] == ' '; }

  void advance() {
    offset_ = next_;
    look();
  }
  void skip(Class what) {
    while (class_ == what) advance();
  }

 private:
  void look() {
    next_ = offset_;
    class_ = Class::end;
    if (offset() == text_.size()) return;
    UChar32 c = 0;
    U8_NEXT(text_.data(), next_, static_cast<std::int32_t>(text_.size()), c);
    const auto mask = U_GET_GC_MASK(c);
    class_ = (mask & U_GC_L_MASK) != 0   ? Class::letter
             : (mask & U_GC_N_MASK) != 0 ? Class::number
             : u_isUWhiteSpace(c)        ? Class::space
                                         : Class::other;
  }

  std::string_view text_;
  std::int32_t offset_ = 0, next_ = 0;
  Class class_ = Class::end;
};

std::size_t contraction(std::string_view text) {
  for (const std::string_view one : kContractions) {
    if (text.starts_with(one)) return one.size();
  }
  return 0;
}

/// Length of the piece that a text starts with.
std::size_t first_piece(std::string_view text) {
  if (const std::size_t length = contraction(text)) return length;
  Cursor cursor(text);
  Cursor after = cursor;
  after.advance();
  if (cursor.is_blank() && after.here() != Class::space && after.here() != Class::end) cursor = after;
  if (cursor.here() != Class::space) {
    cursor.skip(cursor.here());
    return cursor.offset();
  }
  std::size_t last = 0;  // where the last of the spaces begins: it goes with what follows
  while (cursor.here() == Class::space) {
    last = cursor.offset();
    cursor.advance();
  }
  return cursor.here() == Class::end || last == 0 ? cursor.offset() : last;
}

void cut(std::string_view text, std::vector<std::string_view>& pieces) {
  while (!text.empty()) {
    pieces.push_back(text.substr(0, first_piece(text)));
    text.remove_prefix(pieces.back().size());
  }
}

}  // namespace

std::vector<std::string_view> byte_level_pieces(std::string_view line, PreTokenizer pre_tokenizer) {
  std::vector<std::string_view> pieces;
  if (pre_tokenizer == PreTokenizer::gpt2) {
    cut(line, pieces);
    return pieces;
  }
  std::size_t begin = 0;
  for (Cursor cursor(line); cursor.here() != Class::end;) {
    const std::size_t at = cursor.offset();
    const bool is_digit = cursor.here() == Class::number;
    cursor.advance();
    if (!is_digit) continue;
    cut(line.substr(begin, at - begin), pieces);
    pieces.push_back(line.substr(at, cursor.offset() - at));
    begin = cursor.offset();
  }
  cut(line.substr(begin), pieces);
  return pieces;
}

}  // namespace noema
