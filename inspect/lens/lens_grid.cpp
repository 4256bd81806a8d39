// The lens on a terminal.

#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "inspect/lens/lens.h"

namespace noema {
namespace {

constexpr int kCell = 7;   // columns of a step in the grid
constexpr int kLabel = 6;  // of the layers' numbers
constexpr std::size_t kLongest = 400;

const char* const kAgreeing = "\x1b[32m";
const char* const kPartly = "\x1b[33m";
const char* const kPlain = "\x1b[0m";

std::string painted(const std::string& text, const char* color, const GridStyle& style) {
  return style.color ? color + text + kPlain : text;
}

/// Probability in percent, with a mark where the reading is the sentence.
std::string cell_text(const LensCell& cell, const GridStyle& style) {
  char text[16];
  std::snprintf(text, sizeof text, "%c %3.0f  ", cell.agrees ? '=' : '.', 100.0 * cell.probability);
  return painted(text, cell.agrees ? kAgreeing : cell.cosine > 0.9 ? kPartly : kPlain, style);
}

/// The text in lines of at most `width` bytes, broken at spaces where there are any.
std::string folded(std::string text, std::size_t width) {
  for (std::size_t begin = 0; text.size() - begin > width;) {
    const std::size_t space = text.rfind(' ', begin + width);
    if (space == std::string::npos || space <= begin) break;
    text[space] = '\n';
    begin = space + 1;
  }
  return text;
}

std::string label(const char* name, std::size_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%s%2zu", name, number);
  return text;
}

/// The grid of some of the steps, as many as fit.
std::string block(const LensView& view, std::size_t first, std::size_t last, const GridStyle& style) {
  std::string text(kLabel, ' ');
  for (std::size_t step = first; step < last; ++step) text += label("step", step + 1) + " ";
  text += "\n";
  for (std::size_t layer = 0; layer < view.steps[first].layers.size(); ++layer) {
    text += label("L", layer + 1) + std::string(kLabel - 3, ' ');
    for (std::size_t step = first; step < last; ++step) text += cell_text(view.steps[step].layers[layer], style);
    text += "\n";
  }
  return text;
}

/// What the layers read before the sentence was settled; runs of the same reading are one line.
std::string earlier_readings(const LensStep& step, const GridStyle& style) {
  std::string text;
  for (std::size_t begin = 0; begin < step.settled;) {
    std::size_t end = begin + 1;
    while (end < step.settled && step.layers[end].text == step.layers[begin].text) ++end;
    std::string line = "      " + label("L", begin + 1) + (end - begin > 1 ? "-" + std::to_string(end) : "") + " ";
    line.resize(std::max<std::size_t>(line.size(), 14), ' ');
    line += printable(step.layers[begin].text, kLongest);
    if (line.size() > static_cast<std::size_t>(style.width)) {
      line.resize(static_cast<std::size_t>(std::max(style.width - 3, 20)));
      while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) line.pop_back();
      line += "...";
    }
    text += line + "\n";
    begin = end;
  }
  return text;
}

}  // namespace

std::string to_text(const LensView& view, const GridStyle& style) {
  std::string text =
      folded(printable(view.question, kLongest), static_cast<std::size_t>(std::max(style.width, 20))) + "\n\n";
  const auto fitting = static_cast<std::size_t>(std::max(1, (style.width - kLabel) / kCell));
  for (std::size_t first = 0; first < view.steps.size(); first += fitting) {
    text += block(view, first, std::min(view.steps.size(), first + fitting), style) + "\n";
  }
  text += "percent: mean token probability; = reads as the sentence decoded in the end\n\n";
  for (std::size_t i = 0; i < view.steps.size(); ++i) {
    const LensStep& step = view.steps[i];
    char head[32];
    std::snprintf(head, sizeof head, "%4zu  ", i + 1);
    const bool never = step.settled == step.layers.size();
    text += head + painted(printable(step.text, kLongest), kAgreeing, style) + "  (" +
            (never ? "no layer reads it so" : "from " + label("L", step.settled + 1)) + ")\n";
    text += earlier_readings(step, style);
  }
  return text + "= " + (view.answer ? printable(*view.answer, kLongest) : "(no answer)") + "\n";
}

}  // namespace noema
