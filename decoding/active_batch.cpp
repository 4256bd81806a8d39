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
  if (entered.empty()) return;
  std::vector<TokenIds> questions;
  for (std::size_t row = rows.size() - entered.size(); row < rows.size(); ++row) {
    questions.push_back(rows.question(row));
  }
  Ledger::Scope prefill(ledger, Phase::prefill, entered);
  loop.join(pad(questions, Padding::left));
}

std::optional<std::vector<std::int64_t>> ActiveBatch::drop_finished(Ledger::Scope& reasoning) {
  rows.finish_if_cancelled();
  auto [finished, staying] = rows.take_finished();
  if (staying) reasoning.keep(*staying);
  pending_.take(std::move(finished), rows.size());
  return staying;
}

}  // namespace noema
