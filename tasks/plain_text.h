#pragma once

#include <memory>

#include "tasks/task.h"

namespace noema {

/// Any text and how it goes on: the first line written is the answer. For language models that were trained on no task
/// of ours. Read from files only.
std::unique_ptr<Task> make_plain_text_task();

}  // namespace noema
