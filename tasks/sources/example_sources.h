#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tasks/sources/source.h"
#include "tasks/task.h"

namespace noema {

using ExampleSource = Source<ExampleGroup>;
using ExampleSourcePtr = SourcePtr<ExampleGroup>;

/// Fresh examples.
ExampleSourcePtr make_generated_source(std::shared_ptr<const Generator> generator, std::uint64_t seed);

/// Those of `source`, all of this family.
ExampleSourcePtr make_family_source(ExampleSourcePtr source, std::string family);

/// Those of `source`, the likelier the greater the weight of their family (`extra["family"]`); families without one
/// have 1. Throws Error for a weight whose family is not among the source's first 1,000.
ExampleSourcePtr make_weighted_source(ExampleSourcePtr source, std::map<std::string, double> weights,
                                      std::uint64_t seed);

/// Those of `source`, of whose reasoning only the last sentence is left: what a model learns that answers at once. They
/// have no twins, which differ in steps.
ExampleSourcePtr make_answers_source(ExampleSourcePtr source, std::shared_ptr<const Task> task);

}  // namespace noema
