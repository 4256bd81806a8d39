#include "base/error.h"

#include <cstdio>

#include "base/utf8.h"

namespace noema {
namespace {

std::string escaped(std::string_view text) {
  std::string line;
  for (const char c : utf8_repaired(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      line += c;
      continue;
    }
    char hex[5];
    std::snprintf(hex, sizeof hex, "\\x%02x", byte);
    line += c == '\n' ? "\\n" : c == '\t' ? "\\t" : hex;
  }
  return line;
}

std::string one_line(const Problem& problem) {
  std::string line = problem.where + ": expected " + problem.expected;
  if (!problem.found.empty()) line += ", found " + problem.found;
  if (!problem.remedy.empty()) line += "; " + problem.remedy;
  return escaped(line);
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

Error::Error(Problem problem) : std::runtime_error(one_line(problem)), problem_(std::move(problem)) {}

std::string printable(std::string_view text, std::size_t max_length) {
  const std::string line = escaped(text);
  if (line.size() <= max_length) return line;
  // Both cuts move outwards to the border of a character.
  std::size_t head = max_length - max_length / 3;
  std::size_t tail = line.size() - max_length / 3;
  while (head > 0 && is_continuation(line[head])) --head;
  while (tail < line.size() && is_continuation(line[tail])) ++tail;
  return line.substr(0, head) + "…" + line.substr(tail);
}

}  // namespace noema
