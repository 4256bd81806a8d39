#include "base/error.h"

#include <algorithm>
#include <cstdio>

#include "base/utf8.h"

namespace noema {
namespace {

/// Characters that steer a terminal or turn the direction of what follows, beyond those of ASCII, as UTF-8: C1
/// controls, line separators, and the marks, embeddings, overrides and isolates of bidirectional text.
std::size_t control_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto within = [](unsigned value, unsigned low, unsigned high) { return value >= low && value <= high; };
  if (at(0) < 0x20 || at(0) == 0x7f) return 1;
  if (at(0) == 0xc2 && within(at(1), 0x80, 0x9f)) return 2;  // U+0080 to U+009F
  if (at(0) == 0xd8 && at(1) == 0x9c) return 2;              // U+061C
  if (at(0) != 0xe2) return 0;
  if (at(1) == 0x80 && (within(at(2), 0x8e, 0x8f) || within(at(2), 0xa8, 0xae))) return 3;  // U+200E, …, U+2028 to 202E
  return at(1) == 0x81 && within(at(2), 0xa6, 0xa9) ? 3 : 0;                                // U+2066 to U+2069
}

std::string escape_of(std::string_view control) {
  if (control == "\n") return "\\n";
  if (control == "\t") return "\\t";
  std::string escape;
  for (const char c : control) {
    char hex[5];
    std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
    escape += hex;
  }
  return escape;
}

std::string escaped(std::string_view text) {
  const std::string repaired = utf8_repaired(text);
  std::string line;
  for (std::string_view rest = repaired; !rest.empty();) {
    const std::size_t control = control_length(rest);
    if (control == 0) line += rest.front();
    if (control > 0) line += escape_of(rest.substr(0, control));
    rest.remove_prefix(std::max<std::size_t>(control, 1));
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
