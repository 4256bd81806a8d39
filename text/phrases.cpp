#include "text/phrases.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>

namespace noema {
namespace {

using Unit = std::int32_t;  // a word, or words already joined
constexpr Unit kEnd = -1;   // what stands beside the last unit of a segment

/// A run of words with nothing else in between, and how often it occurs.
struct Segment {
  std::vector<Unit> units;
  std::int64_t count;
};

struct UnitInfo {
  std::string text;
  int words = 1;
  std::pair<std::string, std::string> parts = {};
  bool fixed = true;  ///< each part calls for the other
};

/// How often each unit and each pair of neighbours occurs.
class Counts {
 public:
  void add(const Segment& segment, std::int64_t sign) {
    for (std::size_t i = 0; i < segment.units.size(); ++i) {
      const Unit next = i + 1 < segment.units.size() ? segment.units[i + 1] : kEnd;
      units_[segment.units[i]] += sign * segment.count;
      pairs_[key(segment.units[i], next)] += sign * segment.count;
    }
  }

  std::int64_t of(Unit unit) const {
    const auto at = units_.find(unit);
    return at == units_.end() ? 0 : at->second;
  }

  /// Calls visit(left, right, count) for every pair; `right` may be kEnd.
  template <typename Visit>
  void for_each_pair(const Visit& visit) const {
    for (const auto& [key, count] : pairs_) visit(static_cast<Unit>(key >> 32), static_cast<Unit>(key), count);
  }

 private:
  static std::uint64_t key(Unit left, Unit right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }

  std::unordered_map<Unit, std::int64_t> units_;
  std::unordered_map<std::uint64_t, std::int64_t> pairs_;
};

class PhraseFinder {
 public:
  PhraseFinder(const std::vector<std::string>& texts, const PhraseOptions& options) : options_(options) {
    std::map<std::vector<Unit>, std::int64_t> segments;
    for (const std::string& text : texts) read(text, segments);
    for (const auto& [units, count] : segments) words_in_segments_.push_back({units, count});
    min_count_ = std::max<std::int64_t>(4, static_cast<std::int64_t>(options.min_share * static_cast<double>(words_)));
  }

  std::vector<std::string> find() {
    while (true) {
      join_all();
      const std::size_t banned = banned_.size();
      for (Unit unit : closed_units()) banned_.insert(units_[unit].parts);
      if (banned_.size() == banned) return most_useful();
      // The parts of what is banned now may still be parts of other phrases: start again.
    }
  }

 private:
  void read(std::string_view text, std::map<std::vector<Unit>, std::int64_t>& segments) {
    std::vector<Unit> units;
    const auto finish = [&] {
      if (!units.empty()) ++segments[units];
      units.clear();
    };
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string line = " " + std::string(text.substr(begin, end - begin));
      for (std::size_t i = 0; i < line.size();) {
        const std::size_t length = spaced_word_length(std::string_view(line).substr(i));
        if (length > 0) units.push_back(word(line.substr(i, length)));
        if (length == 0) finish();
        i = length > 0 ? i + length : std::min(line.find(' ', i + 1), line.size());
      }
      finish();
      begin = end + 1;
    }
  }

  Unit word(const std::string& text) {
    ++words_;
    const auto [at, is_new] = word_units_.try_emplace(text, static_cast<Unit>(units_.size()));
    if (is_new) units_.push_back({.text = text});
    return at->second;
  }

  /// Joins the most frequent pair that belongs together, until none does.
  void join_all() {
    units_.resize(word_units_.size());
    segments_ = words_in_segments_;
    counts_ = {};
    for (const Segment& segment : segments_) counts_.add(segment, 1);
    while (true) {
      Unit left = kEnd, right = kEnd;
      std::int64_t most = min_count_ - 1;
      counts_.for_each_pair([&](Unit a, Unit b, std::int64_t count) {
        if (count < most || (count == most && std::pair(a, b) > std::pair(left, right))) return;
        if (count < min_count_ || !belong_together(a, b, count)) return;
        std::tie(left, right, most) = std::tuple(a, b, count);
      });
      if (left == kEnd) return;
      join(left, right, most);
    }
  }

  /// The shares of the pair in the occurrences of its parts, the smaller first.
  std::pair<double, double> bindings(Unit left, Unit right, std::int64_t count) const {
    const double of_left = static_cast<double>(count) / static_cast<double>(counts_.of(left));
    const double of_right = static_cast<double>(count) / static_cast<double>(counts_.of(right));
    return std::minmax({of_left, of_right});
  }

  bool belong_together(Unit left, Unit right, std::int64_t count) const {
    if (right == kEnd || left == right || banned_.contains({units_[left].text, units_[right].text})) return false;
    const auto [weaker, stronger] = bindings(left, right, count);
    return stronger >= options_.binding && weaker >= options_.weakest_binding &&
           units_[left].text.size() + units_[right].text.size() <= static_cast<std::size_t>(options_.max_length);
  }

  void join(Unit left, Unit right, std::int64_t count) {
    const Unit joined = static_cast<Unit>(units_.size());
    units_.push_back(
        {.text = units_[left].text + units_[right].text,
         .words = units_[left].words + units_[right].words,
         .parts = {units_[left].text, units_[right].text},
         .fixed = units_[left].fixed && units_[right].fixed && bindings(left, right, count).first >= options_.binding});
    const std::vector<Unit> pair = {left, right};
    for (Segment& segment : segments_) {
      auto at = std::search(segment.units.begin(), segment.units.end(), pair.begin(), pair.end());
      if (at == segment.units.end()) continue;
      counts_.add(segment, -1);
      for (; at != segment.units.end(); at = std::search(at, segment.units.end(), pair.begin(), pair.end())) {
        *at = joined;
        at = segment.units.erase(at + 1);
      }
      counts_.add(segment, 1);
    }
  }

  /// Joined units after which hardly ever anything else than one word or the end of the segment comes.
  std::vector<Unit> closed_units() const {
    std::map<Unit, std::int64_t> most_frequent_next;
    counts_.for_each_pair([&](Unit left, Unit, std::int64_t count) {
      most_frequent_next[left] = std::max(most_frequent_next[left], count);
    });
    std::vector<Unit> closed;
    for (const auto& [unit, next] : most_frequent_next) {
      const bool open = static_cast<double>(next) <= options_.binding * static_cast<double>(counts_.of(unit));
      if (units_[unit].words > 1 && !units_[unit].fixed && !open) closed.push_back(unit);
    }
    return closed;
  }

  std::vector<std::string> most_useful() const {
    std::vector<std::pair<std::int64_t, std::string>> phrases;  // by words saved, most first
    for (std::size_t unit = word_units_.size(); unit < units_.size(); ++unit) {
      const std::int64_t count = counts_.of(static_cast<Unit>(unit));
      if (count >= min_count_) phrases.emplace_back(-count * (units_[unit].words - 1), units_[unit].text);
    }
    std::sort(phrases.begin(), phrases.end());
    std::set<std::string> texts;
    for (const auto& [saved, text] : phrases) {
      if (texts.size() == static_cast<std::size_t>(options_.max_phrases)) break;
      texts.insert(text);
    }
    return {texts.begin(), texts.end()};
  }

  PhraseOptions options_;
  std::int64_t words_ = 0;
  std::int64_t min_count_ = 0;
  std::map<std::string, Unit> word_units_;
  std::vector<Segment> words_in_segments_;
  std::set<std::pair<std::string, std::string>> banned_;
  std::vector<UnitInfo> units_;  // words first, then what was joined
  std::vector<Segment> segments_;
  Counts counts_;
};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\'' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::vector<std::string> find_phrases(const std::vector<std::string>& texts, const PhraseOptions& options) {
  return PhraseFinder(texts, options).find();
}

std::size_t spaced_word_length(std::string_view text) {
  if (text.size() < 2 || text[0] != ' ' || !is_letter(text[1])) return 0;
  return static_cast<std::size_t>(std::find_if_not(text.begin() + 1, text.end(), is_letter) - text.begin());
}

}  // namespace noema
