#include "tasks/answer_text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace noema {
namespace {

constexpr std::string_view kSpace = " \t\r\n\v\f";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_full_stop(std::string_view text) {
  text = trimmed(text);
  if (text.ends_with('.')) text.remove_suffix(1);
  return trimmed(text);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : trimmed(text)) {
    const bool space = kSpace.find(c) != std::string_view::npos;
    if (!space) {
      line += c;
    } else if (line.back() != ' ') {
      line += ' ';
    }
  }
  return line;
}

std::optional<double> number_in(std::string_view text) {
  text = without_full_stop(text);
  std::string digits;
  if (text.starts_with('-') || text.starts_with('+')) {
    if (text.front() == '-') digits = "-";
    text = trimmed(text.substr(1));
  }
  if (text.starts_with('$')) text = trimmed(text.substr(1));
  if (text.ends_with('%')) text = trimmed(text.substr(0, text.size() - 1));
  if (text.empty() || (!is_digit(text.front()) && text.front() != '.')) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool separator =
        text[i] == ',' && i > 0 && is_digit(text[i - 1]) && i + 1 < text.size() && is_digit(text[i + 1]);
    if (!separator) digits += text[i];
  }
  double value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

bool same_answer(std::string_view a, std::string_view b) {
  const auto x = number_in(a), y = number_in(b);
  if (x && y) return std::abs(*x - *y) <= 1e-9 * std::max(std::abs(*x), std::abs(*y));
  a = without_full_stop(a);
  b = without_full_stop(b);
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char p, char q) { return lower(p) == lower(q); });
}

std::optional<std::string> after_mark(std::string_view sentence, std::string_view mark) {
  sentence = trimmed(sentence);
  if (!sentence.starts_with(mark)) return std::nullopt;
  return std::string(trimmed(sentence.substr(mark.size())));
}

}  // namespace noema
