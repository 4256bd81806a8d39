#pragma once

#include <optional>

#include "tasks/example.h"

namespace noema::prosqa {

/// The same text with another person asked about, of whom the other candidate is the right one and the first is not.
/// People are subjects without "Every" that nothing is. Of several it is the one whose shortest proof differs least in
/// length from the example's, then the first by name. The steps are a shortest proof, of several the first by name,
/// statement after statement. All is found in the text; fields of the public set's graph are kept, those that name the
/// question corrected. Nothing for a question without such a person, or one that reaches both candidates or neither.
std::optional<Example> counterfactual(const Example& example);

}  // namespace noema::prosqa
