#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/task.h"

namespace noema {

/// Short everyday stories in plain English, each with a question, in five families: where a thing is, how many
/// somebody has, who comes first by comparisons, what follows from "every X is a Y", what happened first.
/// The reasoning is a function of the story alone: each step follows from the question, the step before and one
/// sentence of the story. The last step is `### answer`. `extra["family"]` names the family.
std::unique_ptr<Task> make_stories_task();

/// The names of the families, in the order in which they are drawn (each equally often).
std::vector<std::string> story_families();

/// Every sentence pattern that a story or its question can be made of; `{P}` and the like are places to fill.
std::vector<std::string> story_patterns();

/// Every name and noun of the fixed vocabulary, sorted, each once. Made-up names come on top of these.
std::vector<std::string> story_words();

}  // namespace noema
