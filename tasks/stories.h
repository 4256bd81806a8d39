#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/task.h"

namespace noema {

/// Which names and nouns are drawn.
struct StoriesOptions {
  std::string name = "stories";  ///< what the task is called
  bool held_out_words = false;   ///< only the tenth of them, by a hash, that is never drawn otherwise
};

/// Short everyday stories in plain English, each with a question, in five families: where a thing is, how many
/// somebody has, who comes first by comparisons, what follows from "every X is a Y", what happened first.
/// The reasoning is a function of the story alone: each step follows from the question, the step before and one
/// sentence of the story. The last step is `### answer`. `extra["family"]` names the family.
std::unique_ptr<Task> make_stories_task(const StoriesOptions& options = {});

/// The names of the families, in the order in which they are drawn (each equally often).
std::vector<std::string> story_families();

/// What a family's sentences are made of: texts with "(a|b)" for one of several, "[a]" for what may be left out,
/// "<eats/ate>" for the forms of the two tenses, and "{P}" for a place to fill. Throws Error for another family.
std::vector<std::string> story_patterns(std::string_view family);

/// Every name and noun, sorted, each once: those that `options` allow. Made-up names come on top of these.
std::vector<std::string> story_words(const StoriesOptions& options = {});

}  // namespace noema
