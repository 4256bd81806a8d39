#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "tasks/sources/list.h"
#include "tasks/task.h"

namespace noema {

/// What must not be trained on: the identity of every example in some files (see Task::identity).
class Exclusion {
 public:
  /// Reads the files (as open_examples does). Throws Error as it does.
  Exclusion(std::shared_ptr<const Task> task, const std::vector<std::filesystem::path>& files);

  bool contains(const Example& example) const {
    return !identities_.empty() && identities_.contains(task_->identity(example));  // an identity takes its time
  }

 private:
  std::shared_ptr<const Task> task_;
  std::unordered_set<std::string> identities_;
};

/// The examples that are not excluded.
std::shared_ptr<const List<ExampleGroup>> without(std::shared_ptr<const List<ExampleGroup>> examples,
                                                  const Exclusion& excluded);

/// `generator`, but it never makes what is excluded. Where its own example `index` of the stream `seed` is, others are
/// drawn in its place, always the same ones and without companions; all other examples stay as they are, with the
/// companions that are not excluded. Throws Error, when it makes an example, where hardly anything is left to draw.
std::shared_ptr<const Generator> make_excluding(std::shared_ptr<const Generator> generator, Exclusion excluded);

}  // namespace noema
