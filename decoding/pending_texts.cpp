#include "decoding/pending_texts.h"

#include <algorithm>
#include <iterator>

namespace noema {

void PendingTexts::take(std::vector<ActiveQuestion> finished, std::size_t rows_left) {
  if (finished.empty()) return;
  most_rows_ = std::max(most_rows_, finished.size() + rows_left);
  std::move(finished.begin(), finished.end(), std::back_inserter(waiting_));
  std::vector<StepPlace> views, answers;
  for (ActiveQuestion& question : waiting_) {
    for (const StepPlace& place : unwritten_steps(question)) {
      const bool is_answer = place.step + 1 == question.trajectory.steps.size();
      if (is_answer || context_.run.read_steps) (is_answer ? answers : views).push_back(place);
    }
  }
  const bool are_enough = rows_left == 0 || waiting_.size() >= most_rows_;
  if (!are_enough && !(views.empty() && answers.empty())) return;
  writer_.fill_in(views, Phase::view);
  writer_.fill_in(answers, Phase::decoding);
  for (ActiveQuestion& question : waiting_) hand_over(question);
  waiting_.clear();
}

void PendingTexts::hand_over(ActiveQuestion& question) {
  Trajectory& trajectory = question.trajectory;
  trajectory.cost = ledger_.cost(question.place);
  if (!trajectory.steps.empty()) trajectory.answer = answer_of(context_.task, trajectory.steps.back());
  // The stop head judges a concept before anybody has written it.
  if (trajectory.stop == StopReason::answered && !trajectory.answer) trajectory.stop = StopReason::no_answer;
  deliver_(question.place, std::move(trajectory));
}

}  // namespace noema
