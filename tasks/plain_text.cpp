#include "tasks/plain_text.h"

#include "tasks/answer_text.h"

namespace noema {
namespace {

class PlainTextTask final : public Task {
 public:
  PlainTextTask() : Task("text") {}

  std::vector<std::string> reasoning(const Example& example) const override { return {on_one_line(example.answer)}; }

  std::optional<std::string> answer_in(std::string_view sentence) const override {
    std::string answer = on_one_line(sentence);
    return answer.empty() ? std::nullopt : std::optional(std::move(answer));
  }

  bool is_open_ended() const override { return true; }
  std::string answer_mark() const override { return ""; }
};

}  // namespace

std::unique_ptr<Task> make_plain_text_task() { return std::make_unique<PlainTextTask>(); }

}  // namespace noema
