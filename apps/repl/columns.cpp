#include "apps/repl/columns.h"

#include <algorithm>
#include <ostream>

namespace noema {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kFooter = 2;  // cells at the end that are aligned

/// Characters, counted as UTF-8 lead bytes.
std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!lines.back().empty() && length(lines.back()) + 1 + length(word) > width) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    begin = end + 1;
  }
  return lines;
}

/// The cells of one row, next to each other.
void print_row(std::ostream& out, const std::vector<std::string>& cells, std::size_t width) {
  std::vector<std::vector<std::string>> lines;
  std::size_t height = 0;
  for (const std::string& cell : cells) {
    lines.push_back(wrapped(cell, width));
    height = std::max(height, lines.back().size());
  }
  for (std::size_t i = 0; i < height; ++i) {
    std::string row;
    for (const auto& cell : lines) {
      const std::string text = i < cell.size() ? cell[i] : "";
      row += text + std::string(width + kGap - std::min(length(text), width + kGap), ' ');
    }
    row.erase(row.find_last_not_of(' ') + 1);
    out << row << "\n";
  }
}

}  // namespace

void print_columns(std::ostream& out, const std::vector<std::vector<std::string>>& columns, int width) {
  const std::size_t count = columns.size();
  const std::size_t whole = static_cast<std::size_t>(std::max(width, 40));
  const std::size_t cell_width = (whole - kGap * (count - 1)) / count;
  std::size_t body = 0;
  for (const auto& column : columns) body = std::max(body, column.size() - kFooter);
  for (std::size_t i = 0; i < body + kFooter; ++i) {
    std::vector<std::string> cells;
    for (const auto& column : columns) {
      const std::size_t own_body = column.size() - kFooter;
      cells.push_back(i >= body ? column[own_body + i - body] : i < own_body ? column[i] : "");
    }
    print_row(out, cells, cell_width);
  }
}

}  // namespace noema
