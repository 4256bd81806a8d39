#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"

namespace noema::stories {

using Words = std::vector<std::string>;

/// What stands for `{key}` in a pattern.
using Filling = std::pair<char, std::string_view>;
using Fillings = std::initializer_list<Filling>;

enum class Tense { present, past };

/// A text made by a pattern: `(a|b|c)` is one of several, `[a]` stands there or not, `<eats/ate>` has the form of the
/// tense, and `{P}` is filled. They nest, but for `<…>`.
std::string phrase(Random& random, Tense tense, std::string_view pattern, Fillings fillings = {});

/// A text made by one of several patterns.
std::string phrase(Random& random, Tense tense, const Words& patterns, Fillings fillings = {});

/// `pattern` with every `{key}` filled and the first letter in upper case; nothing is drawn.
std::string fill(std::string_view pattern, Fillings fillings);

std::string capitalized(std::string word);

/// `lists` one after the other.
Words joined(std::initializer_list<Words> lists);

/// An index drawn with the given weights, which are whole numbers with a positive sum.
std::size_t draw_weighted(Random& random, std::initializer_list<int> weights);

}  // namespace noema::stories
