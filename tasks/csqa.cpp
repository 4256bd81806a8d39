#include "tasks/csqa.h"

#include "base/error.h"
#include "tasks/answer_text.h"

namespace noema {
namespace {

constexpr std::string_view kAnswerMark = "###";

class CsqaTask final : public Task {
 public:
  std::string name() const override { return "csqa"; }
  bool can_generate() const override { return false; }

  Example generate(std::uint64_t, std::uint64_t) const override {
    throw Error({"task csqa", "a file of examples", "a request to generate them", "give a data file"});
  }

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

  std::optional<bool> is_valid(const Example&, const std::vector<std::string>&) const override { return std::nullopt; }
};

}  // namespace

std::unique_ptr<Task> make_csqa_task() { return std::make_unique<CsqaTask>(); }

}  // namespace noema
