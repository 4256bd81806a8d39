#pragma once

#include <memory>

#include "tasks/task.h"

namespace noema {

/// Grade-school sums. The reasoning is the steps as the file has them, equations (`<<16-3-4=9>>`) or sentences, and
/// then the bare number. Read from files only: there is no generator and no checker of the steps.
std::unique_ptr<Task> make_gsm8k_task();

}  // namespace noema
