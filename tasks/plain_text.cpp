#include "tasks/plain_text.h"

#include "base/error.h"
#include "tasks/answer_text.h"

namespace noema {
namespace {

class PlainTextTask final : public Task {
 public:
  std::string name() const override { return "text"; }
  bool can_generate() const override { return false; }

  Example generate(std::uint64_t, std::uint64_t) const override {
    throw Error({"task text", "a file of examples", "a request to generate them", "give a data file"});
  }

  std::string identity(const Example& example) const override { return on_one_line(example.question); }

  std::vector<std::string> reasoning(const Example& example) const override { return {on_one_line(example.answer)}; }

  std::optional<std::string> answer_in(std::string_view sentence) const override {
    std::string answer = on_one_line(sentence);
    return answer.empty() ? std::nullopt : std::optional(std::move(answer));
  }

  std::string answer_mark() const override { return ""; }

  bool is_right(const Example& example, std::string_view answer) const override {
    return same_answer(example.answer, answer);
  }

  std::optional<bool> is_valid(const Example&, const std::vector<std::string>&) const override { return std::nullopt; }
};

}  // namespace

std::unique_ptr<Task> make_plain_text_task() { return std::make_unique<PlainTextTask>(); }

}  // namespace noema
