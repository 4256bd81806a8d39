#include "tasks/prose.h"

#include "base/error.h"

namespace noema {
namespace {

class ProseTask final : public Task {
 public:
  ProseTask() : Task("prose") {}

  std::vector<std::string> reasoning(const Example& example) const override { return example.steps; }
  std::optional<std::string> answer_in(std::string_view) const override { return std::nullopt; }
  bool is_open_ended() const override { return true; }
  std::string answer_mark() const override { return ""; }
};

}  // namespace

std::unique_ptr<Task> make_prose_task() { return std::make_unique<ProseTask>(); }

Example example_of(const Document& document) {
  const auto& sentences = document.sentences;
  if (sentences.size() < 2) throw Error({"document", "at least two sentences", std::to_string(sentences.size()), ""});
  Example example{sentences.front(), {sentences.begin() + 1, sentences.end()}, ""};
  example.extra["title"] = document.title;
  return example;
}

}  // namespace noema
