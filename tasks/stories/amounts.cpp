#include "tasks/stories/amounts.h"

namespace noema::stories {

std::string Amounts::number(int count) const {
  static const Words words = {"zero",     "one",     "two",     "three",     "four",     "five",     "six",
                              "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
                              "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};
  const auto index = static_cast<std::size_t>(count);
  return in_words_ && index < words.size() ? words[index] : std::to_string(count);
}

std::string Amounts::of(int count, const std::string& noun) const {
  if (count == 0) return "no " + plural(noun);
  if (count == 1 && random_.chance(0.4)) return with_article(noun);
  return number(count) + ' ' + (count == 1 ? noun : plural(noun));
}

std::string Amounts::again(int count, const std::string& noun, bool more) const {
  const std::string figure = number(count);
  switch (random_.below(4)) {
    case 0:
      return figure + (more ? " more" : "");
    case 1:
      return figure + (more ? " more " + (count == 1 ? noun : plural(noun)) : " of them");
    case 2:
      return figure + (more ? " more" : " of the " + plural(noun));
    default:
      return of(count, noun);
  }
}

std::string counted(int count, const std::string& noun) {
  return std::to_string(count) + ' ' + (count == 1 ? noun : plural(noun));
}

}  // namespace noema::stories
