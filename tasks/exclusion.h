#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "tasks/task.h"

namespace noema {

/// What must not be trained on: Task::identity of every example in some files.
using Identities = std::unordered_set<std::string>;

/// Reads the files (as read_examples does). Throws Error as it does.
Identities read_identities(const Task& task, std::span<const std::filesystem::path> files);

/// The examples whose identity is not among `excluded`, in their order.
std::vector<Example> without(std::vector<Example> examples, const Task& task, const Identities& excluded);

/// `task` with a generator that never gives what the files hold. Where the task's own example `index` of the stream
/// `seed` is excluded, others are drawn in its place, always the same ones; all other examples stay as they are.
/// generate() throws Error when the files leave hardly anything to draw.
std::unique_ptr<Task> make_excluding(std::unique_ptr<Task> task, const std::vector<std::filesystem::path>& files);

}  // namespace noema
