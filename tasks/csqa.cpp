#include "tasks/csqa.h"

#include "tasks/answer_text.h"
#include "tasks/file_task.h"

namespace noema {
namespace {

constexpr std::string_view kAnswerMark = "###";

class CsqaTask final : public FileTask {
 public:
  std::string name() const override { return "csqa"; }

  std::string identity(const Example& example) const override { return on_one_line(example.question); }

  std::vector<std::string> reasoning(const Example& example) const override {
    std::vector<std::string> sentences = example.steps;
    if (sentences.empty() || !answer_in(sentences.back())) {
      sentences.push_back(std::string(kAnswerMark) + ' ' + example.answer);
    }
    return sentences;
  }

  std::optional<std::string> answer_in(std::string_view sentence) const override {
    return after_mark(sentence, kAnswerMark);
  }

  std::string answer_mark() const override { return std::string(kAnswerMark); }

  bool is_right(const Example& example, std::string_view answer) const override {
    return same_answer(example.answer, answer);
  }
};

}  // namespace

std::unique_ptr<Task> make_csqa_task() { return std::make_unique<CsqaTask>(); }

}  // namespace noema
