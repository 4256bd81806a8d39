#include "tasks/gsm8k.h"

#include "tasks/answer_text.h"

namespace noema {
namespace {

class Gsm8kTask final : public Task {
 public:
  Gsm8kTask() : Task("gsm8k") {}

  std::optional<std::string> answer_in(std::string_view sentence) const override {
    if (auto marked = after_mark(sentence, "#### ")) return marked;
    if (!number_in(sentence)) return std::nullopt;
    return std::string(trimmed(sentence));
  }

  std::string answer_mark() const override { return {}; }
};

}  // namespace

std::unique_ptr<Task> make_gsm8k_task() { return std::make_unique<Gsm8kTask>(); }

}  // namespace noema
