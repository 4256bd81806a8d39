#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tasks/example.h"
#include "tasks/sources/list.h"

namespace noema {

/// The examples of a file: a JSON array of them, JSONL, or GSM8K's official JSONL. An example needs no steps, and its
/// answer may be a number. All are read once, so that what is
/// wrong is found here; then each is read when it is asked for, from the mapped file. Throws Error with the file and
/// the line or the number of the entry that is wrong.
std::shared_ptr<const List<ExampleGroup>> open_examples(const std::filesystem::path& path);

/// All of them at once.
std::vector<Example> read_examples(const std::filesystem::path& path);

/// Keeps a twin beside its example, in `extra["twin"]`, so that files hold both.
void keep_twin(Example& example, const Twin& twin);

/// The twin kept there; nothing when there is none. Throws Error for one that is not whole.
std::optional<Twin> kept_twin(const Example& example);

/// A JSON array of examples, one a line, as read_examples reads it.
std::string to_text(const std::vector<Example>& examples);

}  // namespace noema
