#pragma once

#include <memory>

#include "tasks/document.h"
#include "tasks/task.h"

namespace noema {

/// Text that is read for itself: the question is the first sentence of a document, the steps are those that follow, and
/// nothing is an answer.
std::unique_ptr<Task> make_prose_task();

/// A document as an example of that task. Throws Error for one of fewer than two sentences.
Example example_of(const Document& document);

}  // namespace noema
