#include "inspect/probes/text_distance.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

namespace noema {
namespace {

using Words = std::vector<std::string_view>;

Words words_of(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  Words words;
  for (std::size_t at = text.find_first_not_of(kSpace); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kSpace, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kSpace, end);
  }
  return words;
}

std::map<Words, int> n_grams(const Words& words, std::size_t n) {
  std::map<Words, int> counts;
  for (std::size_t i = 0; i + n <= words.size(); ++i) {
    const auto first = words.begin() + static_cast<std::ptrdiff_t>(i);
    ++counts[Words(first, first + static_cast<std::ptrdiff_t>(n))];
  }
  return counts;
}

/// Share of the candidate's n-grams that the reference has too, each at most as often as there.
double precision(const Words& candidate, const Words& reference, std::size_t n) {
  const auto there = n_grams(reference, n);
  double matches = 0.0, all = 0.0;
  for (const auto& [gram, count] : n_grams(candidate, n)) {
    const auto found = there.find(gram);
    matches += found == there.end() ? 0 : std::min(count, found->second);
    all += count;
  }
  const double added = n > 1 ? 1.0 : 0.0;
  return (matches + added) / (all + added);
}

std::vector<std::string_view> characters_of(std::string_view text) {
  constexpr std::size_t kCodePoint = 4;  // bytes at most
  std::vector<std::string_view> characters;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    std::size_t length = lead >= 0xf0 ? kCodePoint : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    for (std::size_t i = 1; i < length; ++i) {
      if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) length = 1;
    }
    characters.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return characters;
}

}  // namespace

double sentence_bleu(std::string_view candidate, std::string_view reference) {
  constexpr std::size_t kLongestRun = 4;  // words
  const Words written = words_of(candidate), meant = words_of(reference);
  if (written.empty() || meant.empty()) return written.empty() && meant.empty() ? 1.0 : 0.0;
  double log_sum = 0.0;
  for (std::size_t n = 1; n <= kLongestRun; ++n) {
    const double share = precision(written, meant, n);
    if (share == 0.0) return 0.0;
    log_sum += std::log(share);
  }
  const double ratio = static_cast<double>(meant.size()) / static_cast<double>(written.size());
  return std::exp(std::min(0.0, 1.0 - ratio) + log_sum / static_cast<double>(kLongestRun));
}

double edit_distance(std::string_view a, std::string_view b) {
  const auto from = characters_of(a), to = characters_of(b);
  const std::size_t longer = std::max(from.size(), to.size());
  if (longer == 0) return 0.0;
  std::vector<std::size_t> costs(to.size() + 1);  // from the first i characters of `from` to the first j of `to`
  std::iota(costs.begin(), costs.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = costs[0];
    costs[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t substituted = diagonal + (from[i] != to[j]);
      diagonal = costs[j + 1];
      costs[j + 1] = std::min({substituted, costs[j] + 1, diagonal + 1});
    }
  }
  return static_cast<double>(costs.back()) / static_cast<double>(longer);
}

}  // namespace noema
