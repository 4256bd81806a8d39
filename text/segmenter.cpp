#include "text/segmenter.h"

#include <unicode/brkiter.h>
#include <unicode/filteredbrk.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/utf8.h"

namespace noema {
namespace {

using icu::BreakIterator;
using icu::UnicodeString;

constexpr std::size_t kMaxBytes = std::size_t{1} << 30;  // ICU counts in 32 bits

// English abbreviations after which a sentence goes on. ICU's list has most, but its filter overlooks those that are
// part of another one or hold a dot themselves.
constexpr std::array kAbbreviations = {u"Dr.",  u"Mr.",   u"Mrs.", u"Ms.",     u"Prof.", u"St.",  u"Jr.",
                                       u"Sr.",  u"Gov.",  u"Sen.", u"Rep.",    u"Gen.",  u"Lt.",  u"Col.",
                                       u"Sgt.", u"Capt.", u"Rev.", u"Hon.",    u"e.g.",  u"i.e.", u"etc.",
                                       u"vs.",  u"cf.",   u"al.",  u"approx.", u"U.S.",  u"U.K.", u"Ph.D."};

// Abbreviations only where a number follows.
constexpr std::array kBeforeNumbers = {u"No.", u"no.",  u"Nos.", u"Fig.", u"fig.", u"Figs.",
                                       u"Eq.", u"Sec.", u"Ch.",  u"Vol.", u"p.",   u"pp."};

// What ICU's list takes for abbreviations, but what mostly are words at the end of a sentence.
constexpr std::array kWords = {u"Joe.", u"Job.", u"By.",   u"Act.", u"Do.",   u"Is.", u"To.", u"In.",   u"Up.",
                               u"Or.",  u"No.",  u"Link.", u"Hat.", u"Card.", u"Ok.", u"OK.", u"Long.", u"PC."};

constexpr std::u16string_view kClauseMarks = u",;:)\u2013\u2014";
constexpr std::u16string_view kWideClauseMarks = u"\uff0c\u3001\uff1b\uff1a";  // no space follows these
constexpr std::u16string_view kClosingQuotes = u"\"'\u201d\u2019\u00bb";

void check(UErrorCode status, const std::string& locale) {
  if (U_SUCCESS(status)) return;
  throw Error({"prose segmenter", "ICU's sentence rules for locale \"" + printable(locale) + "\"", u_errorName(status),
               "check ProseOptions::locale and the installed ICU data"});
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\f\v";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return lines;
}

class LineSegmenter final : public Segmenter {
 public:
  std::vector<std::string> split(std::string_view text) const override {
    std::vector<std::string> lines = lines_of(text);
    std::erase(lines, "");
    return lines;
  }
};

/// "- milk", "* milk", "3. milk", "3) milk".
bool starts_list_item(std::string_view line) {
  if (line.starts_with("- ") || line.starts_with("* ") || line.starts_with("\u2022")) return true;
  const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  if (digits == 0 || digits > 3) return false;
  return line.substr(digits).starts_with(". ") || line.substr(digits).starts_with(") ");
}

/// Lines of one paragraph are joined: a line break inside a paragraph is where the writer's editor wrapped it.
std::vector<std::string> paragraphs_of(std::string_view text) {
  std::vector<std::string> paragraphs;
  bool starts_new = true;
  for (const std::string& line : lines_of(text)) {
    if (line.empty() || starts_new || starts_list_item(line)) {
      if (!line.empty()) paragraphs.push_back(line);
      starts_new = line.empty();
    } else {
      paragraphs.back() += " " + line;
    }
  }
  return paragraphs;
}

bool ends_with_word(const UnicodeString& text, const UnicodeString& word) {
  const std::int32_t start = text.length() - word.length();
  return text.endsWith(word) && (start == 0 || !u_isalnum(text.char32At(start - 1)));
}

/// "J." of a name; "I." is the end of a sentence.
bool ends_with_initial(const UnicodeString& text) {
  const std::int32_t start = text.length() - 2;
  if (start < 0 || text[start + 1] != u'.' || !u_isupper(text[start]) || text[start] == u'I') return false;
  return start == 0 || u_isUWhiteSpace(text[start - 1]);
}

class ProseSegmenter final : public Segmenter {
 public:
  explicit ProseSegmenter(const ProseOptions& options)
      : max_length_(static_cast<std::int32_t>(std::min(options.max_length, kMaxBytes))) {
    if (options.max_length == 0) throw Error({"ProseOptions::max_length", "1 or more characters", "0", ""});
    const icu::Locale locale(options.locale.c_str());
    is_english_ = std::string_view(locale.getLanguage()) == "en";
    UErrorCode status = U_ZERO_ERROR;
    graphemes_.reset(BreakIterator::createCharacterInstance(locale, status));
    std::unique_ptr<BreakIterator> rules(BreakIterator::createSentenceInstance(locale, status));
    check(status, options.locale);
    const auto filter = make_filter(locale, options.locale);
    sentences_.reset(filter->wrapIteratorWithFilter(rules.release(), status));
    check(status, options.locale);
  }

  std::vector<std::string> split(std::string_view text) const override {
    if (text.size() > kMaxBytes) {
      throw Error({"prose segmenter", "at most 1 GiB of text", std::to_string(text.size()) + " bytes", "cut the text"});
    }
    need_utf8(text, "prose segmenter");
    std::vector<std::string> sentences;
    // An iterator holds its place in a text: each call has its own.
    const std::unique_ptr<BreakIterator> breaks(sentences_->clone());
    const std::unique_ptr<BreakIterator> graphemes(graphemes_->clone());
    for (const std::string& paragraph : paragraphs_of(text)) {
      const UnicodeString wide = UnicodeString::fromUTF8(paragraph);
      breaks->setText(wide);
      std::int32_t begin = 0;
      for (std::int32_t end = breaks->next(); end != BreakIterator::DONE; end = breaks->next()) {
        if (end < wide.length() && goes_on(wide.tempSubStringBetween(begin, end).trim(), wide.char32At(end))) continue;
        add(wide.tempSubStringBetween(begin, end), *graphemes, sentences);
        begin = end;
      }
    }
    return sentences;
  }

 private:
  std::unique_ptr<icu::FilteredBreakIteratorBuilder> make_filter(const icu::Locale& locale,
                                                                 const std::string& name) const {
    using Builder = icu::FilteredBreakIteratorBuilder;
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<Builder> filter(Builder::createInstance(locale, status));
    if (status == U_MISSING_RESOURCE_ERROR) {  // a language for which ICU has no list
      status = U_ZERO_ERROR;
      filter.reset(Builder::createEmptyInstance(status));
    }
    check(status, name);
    if (is_english_) {
      for (const char16_t* word : kWords) filter->unsuppressBreakAfter(word, status);
    }
    check(status, name);
    return filter;
  }

  /// Whether a sentence goes on after `before`, where ICU's rules see its end: `"Go!" he said.`, `No. 5`.
  bool goes_on(const UnicodeString& before, UChar32 next) const {
    if (before.isEmpty()) return false;
    if (u_islower(next)) return kClosingQuotes.find(before[before.length() - 1]) != std::u16string_view::npos;
    if (!is_english_) return false;
    const auto is_last_word = [&](const char16_t* word) { return ends_with_word(before, word); };
    if (u_isdigit(next)) return std::any_of(kBeforeNumbers.begin(), kBeforeNumbers.end(), is_last_word);
    return ends_with_initial(before) || std::any_of(kAbbreviations.begin(), kAbbreviations.end(), is_last_word);
  }

  /// Adds the sentence, in parts when it is too long.
  void add(const UnicodeString& sentence, BreakIterator& graphemes, std::vector<std::string>& sentences) const {
    graphemes.setText(sentence);
    std::int32_t begin = 0;
    while (begin < sentence.length()) {
      const bool fits = !sentence.hasMoreChar32Than(begin, sentence.length() - begin, max_length_);
      const std::int32_t end = fits ? sentence.length() : cut_after(sentence, begin, graphemes);
      UnicodeString part = sentence.tempSubStringBetween(begin, end);
      part.trim();
      if (!part.isEmpty()) part.toUTF8String(sentences.emplace_back());
      begin = end;
    }
  }

  /// Where the part that begins at `begin` is to end: behind the last clause mark in reach, else behind the last
  /// space, else behind the last whole grapheme.
  std::int32_t cut_after(const UnicodeString& text, std::int32_t begin, BreakIterator& graphemes) const {
    const std::int32_t limit = text.moveIndex32(begin, max_length_);
    std::int32_t space = begin;
    for (std::int32_t i = limit - 1; i > begin; --i) {
      const bool before_space = i + 1 < text.length() && u_isUWhiteSpace(text[i + 1]);
      if (before_space && kClauseMarks.find(text[i]) != std::u16string_view::npos) return i + 1;
      if (kWideClauseMarks.find(text[i]) != std::u16string_view::npos) return i + 1;
      if (space == begin && u_isUWhiteSpace(text[i])) space = i + 1;
    }
    if (space > begin) return space;
    const std::int32_t grapheme = graphemes.isBoundary(limit) ? limit : graphemes.preceding(limit);
    // One grapheme may be longer than any sentence should be.
    return grapheme > begin ? grapheme : limit;
  }

  std::int32_t max_length_;
  bool is_english_ = false;
  std::unique_ptr<BreakIterator> sentences_, graphemes_;
};

}  // namespace

std::unique_ptr<Segmenter> make_line_segmenter() { return std::make_unique<LineSegmenter>(); }

std::unique_ptr<Segmenter> make_prose_segmenter(const ProseOptions& options) {
  return std::make_unique<ProseSegmenter>(options);
}

}  // namespace noema
