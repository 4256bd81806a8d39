#pragma once

#include <memory>

#include "tasks/task.h"

namespace noema {

/// CommonsenseQA: a question with the choices A to E, a written rationale, and `### A` as the last sentence. Read from
/// files only: there is no generator and no checker of the rationale.
std::unique_ptr<Task> make_csqa_task();

}  // namespace noema
