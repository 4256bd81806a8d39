#include "decoding/active_batch.h"

namespace noema {

void ActiveBatch::run(RowLoop& loop) {
  while (rows.size() > 0 || rows.can_admit()) {
    if (loop.can_join() && rows.can_admit()) admit(loop);
    if (rows.size() == 0) continue;
    Ledger::Scope reasoning(ledger, Phase::reasoning, rows.places());
    do {
      loop.step(reasoning);
    } while (rows.size() > 0 && !(loop.can_join() && rows.can_admit()));
  }
}

void ActiveBatch::admit(RowLoop& loop) {
  const auto entered = rows.admit([&](const TokenIds& question) { return loop.fits(question); });
  pending_.take(rows.take_finished().finished, rows.size());  // those that do not fit
  if (!entered.empty()) loop.join(entering_rows(entered));
}

EnteringRows ActiveBatch::entering_rows(const std::vector<std::size_t>& places) const {
  const auto samples = static_cast<std::size_t>(context.run.samples);
  EnteringRows entering;
  std::vector<TokenIds> questions;
  for (const std::size_t place : places) {
    if (questions.empty() || place / samples != entering.readers.back() / samples) {
      questions.push_back(rows.question_at(place));
      entering.readers.push_back(place);
    }
    entering.of_row.push_back(static_cast<std::int64_t>(questions.size()) - 1);
  }
  entering.questions = pad(questions, Padding::left);
  entering.places = places;
  return entering;
}

std::optional<std::vector<std::int64_t>> ActiveBatch::drop_finished(Ledger::Scope& reasoning) {
  rows.finish_if_cancelled();
  auto [finished, staying] = rows.take_finished();
  if (staying) reasoning.keep(*staying);
  pending_.take(std::move(finished), rows.size());
  return staying;
}

}  // namespace noema
