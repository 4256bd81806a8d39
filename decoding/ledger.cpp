#include "decoding/ledger.h"

namespace noema {

Ledger::Ledger(std::size_t questions, const Accelerator* accelerator, Observer* observer)
    : accelerator_(accelerator), observer_(observer), costs_(questions) {}

/// The time since it was last called goes to the lines of the innermost scope.
void Ledger::settle() {
  const auto now = Clock::now();
  if (scope_ && !scope_->lines_.empty()) {
    const double ms = std::chrono::duration<double, std::milli>(now - since_).count();
    const double share = ms / static_cast<double>(scope_->lines_.size());
    for (const std::size_t question : scope_->lines_) {
      Cost& cost = costs_[question];
      if (scope_->phase_ == Phase::prefill) cost.prefill_ms += share;
      if (scope_->phase_ == Phase::reasoning) cost.reasoning_ms += share;
      if (scope_->phase_ == Phase::decoding) cost.decoding_ms += share;
    }
  }
  since_ = now;
}

void Ledger::go_on(Scope* scope) {
  if (scope_ && accelerator_ && !(scope && scope->phase_ == scope_->phase_)) accelerator_->wait();  // what was launched
  settle();
  scope_ = scope;
  if (!observer_) return;
  if (scope) observer_->on_phase(scope->phase_);
  observer_->on_rows(scope ? std::span<const std::size_t>(scope->lines_) : std::span<const std::size_t>());
}

Ledger::Scope::Scope(Ledger& ledger, Phase phase, std::vector<std::size_t> lines)
    : ledger_(ledger), outer_(ledger.scope_), phase_(phase), lines_(std::move(lines)) {
  ledger_.go_on(this);
}

Ledger::Scope::~Scope() {
  try {
    ledger_.go_on(outer_);
  } catch (...) {  // a device that failed fails again at whatever is done next
    ledger_.scope_ = outer_;
  }
}

void Ledger::Scope::keep(const std::vector<std::int64_t>& lines) {
  ledger_.settle();
  std::vector<std::size_t> kept;
  for (const std::int64_t line : lines) kept.push_back(lines_[static_cast<std::size_t>(line)]);
  lines_ = std::move(kept);
  if (ledger_.observer_) ledger_.observer_->on_rows(lines_);
}

void Ledger::Scope::count_pass() {
  if (!counts()) return;
  for (const std::size_t question : lines_) ++ledger_.costs_[question].passes;
}

void Ledger::Scope::count_tokens() {
  if (!counts()) return;
  for (const std::size_t question : lines_) ++ledger_.costs_[question].tokens;
}

}  // namespace noema
