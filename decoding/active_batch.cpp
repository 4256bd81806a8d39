#include "decoding/active_batch.h"

#include <torch/torch.h>

#include <numeric>

namespace noema {

ActiveBatch::ActiveBatch(const RunContext& context, std::vector<std::size_t> places,
                         const std::vector<TokenIds>& questions)
    : context_(context),
      places_(std::move(places)),
      questions_(pad(questions, Padding::left)),
      trajectories_(places_.size()),
      rows_(places_.size()),
      finished_(places_.size()),
      phase_began_(Clock::now()) {
  std::iota(rows_.begin(), rows_.end(), std::size_t{0});
  for (const std::size_t place : places_)
    randoms_.push_back(Random::of(context.options.seed, context.options.first_question + place));
  if (context_.observer) context_.observer->on_phase(phase_);  // the batch before ended in another
  tell_rows();
}

std::vector<Random*> ActiveBatch::randoms() {
  std::vector<Random*> all;
  for (std::size_t row = 0; row < rows(); ++row) all.push_back(&random(row));
  return all;
}

void ActiveBatch::enter(Phase phase) {
  const auto now = Clock::now();
  const double ms = std::chrono::duration<double, std::milli>(now - phase_began_).count();
  const double share = rows_.empty() ? 0.0 : ms / static_cast<double>(rows_.size());
  for (const std::size_t index : rows_) {
    Cost& cost = trajectories_[index].cost;
    if (phase_ == Phase::prefill) cost.prefill_ms += share;
    if (phase_ == Phase::reasoning) cost.reasoning_ms += share;
    if (phase_ == Phase::decoding) cost.decoding_ms += share;
  }
  phase_began_ = now;
  if (context_.observer && phase != phase_) context_.observer->on_phase(phase);
  phase_ = phase;
}

void ActiveBatch::count_passes(std::int64_t passes) {
  for (const std::size_t index : rows_) trajectories_[index].cost.passes += passes;
}

void ActiveBatch::add_step(std::size_t row, Step step) {
  Trajectory& trajectory = this->trajectory(row);
  trajectory.steps.push_back(std::move(step));
  if (!context_.observer) return;
  context_.observer->on_step(places_[rows_[row]], trajectory.steps.size() - 1, trajectory.steps.back());
}

void ActiveBatch::look_for_full_context(std::int64_t max_positions) {
  for (std::size_t row = 0; row < rows(); ++row) {
    const std::int64_t used = questions_.lengths[rows_[row]] + trajectory(row).cost.tokens;
    if (used >= max_positions && !is_finished(row)) finish(row, StopReason::context_full);
  }
}

void ActiveBatch::look_for_cancellation() {
  if (!context_.options.cancelled || !*context_.options.cancelled) return;
  for (std::size_t row = 0; row < rows(); ++row) finish(row, StopReason::cancelled);
}

std::optional<std::vector<std::int64_t>> ActiveBatch::drop_finished() {
  std::vector<std::int64_t> staying;
  for (std::size_t row = 0; row < rows(); ++row) {
    if (!is_finished(row)) staying.push_back(static_cast<std::int64_t>(row));
  }
  if (staying.size() == rows()) return std::nullopt;
  enter(phase_);  // what the finished rows took part in is shared with them
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (is_finished(row)) {
      trajectory(row).stop = *finished_[row];
    } else {
      rows.push_back(rows_[row]);
    }
  }
  rows_ = std::move(rows);
  finished_.assign(rows_.size(), std::nullopt);
  tell_rows();
  return staying;
}

std::vector<WrittenSentence> ActiveBatch::write_rows(const torch::Tensor& z) {
  const Phase before = phase_;
  enter(Phase::decoding);
  const auto stream = context_.bundle.writing().decoder().begin(z, context_.observer);
  std::int64_t passes = 0;
  auto sentences = write_sentences(*stream, context_.options.sampling, randoms(), context_.bundle.tokenizer->newline(),
                                   context_.options.max_sentence_tokens, &passes);
  for (std::size_t row = 0; row < sentences.size(); ++row) trajectory(row).cost.tokens += sentences[row].choices;
  count_passes(passes);
  enter(before);
  return sentences;
}

std::vector<TokenIds> ActiveBatch::write_missing(std::size_t row) {
  Trajectory& written = trajectory(row);
  std::vector<Step*> missing;
  std::vector<torch::Tensor> concepts;
  for (Step& step : written.steps) {
    if (!step.text.empty()) continue;
    missing.push_back(&step);
    concepts.push_back(step.concept_);
  }
  const Phase before = phase_;
  const Bundle& bundle = context_.bundle;
  enter(Phase::decoding);
  focus(row, missing.size());
  const auto stream = bundle.writing().decoder().begin(torch::stack(concepts), context_.observer);
  const auto sentences =
      write_sentences(*stream, context_.options.sampling, std::vector<Random*>(missing.size(), &random(row)),
                      bundle.tokenizer->newline(), context_.options.max_sentence_tokens);
  std::vector<TokenIds> tokens;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    Step step = to_step(sentences[i], *bundle.tokenizer, missing[i]->concept_);
    step.stop_probability = missing[i]->stop_probability;
    *missing[i] = std::move(step);
    written.cost.tokens += sentences[i].choices;
    written.cost.passes += sentences[i].choices;
    tokens.push_back(sentences[i].tokens);
    tokens.back().push_back(bundle.tokenizer->newline());
  }
  unfocus();
  enter(before);
  return tokens;
}

void ActiveBatch::write_steps(bool all) {
  std::vector<std::pair<std::size_t, std::size_t>> answers, views;  // trajectory, step
  for (std::size_t index = 0; index < trajectories_.size(); ++index) {
    const auto& steps = trajectories_[index].steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!steps[i].text.empty() || !steps[i].concept_.defined()) continue;
      (i + 1 == steps.size() ? answers : views).emplace_back(index, i);
    }
  }
  if (all) write(views, true);
  write(answers, false);
}

void ActiveBatch::write(const std::vector<std::pair<std::size_t, std::size_t>>& which, bool are_views) {
  if (which.empty()) return;
  std::vector<torch::Tensor> concepts;
  std::vector<Random*> randoms;
  rows_.clear();
  for (const auto& [index, step] : which) {
    rows_.push_back(index);
    concepts.push_back(trajectories_[index].steps[step].concept_);
    randoms.push_back(&randoms_[index]);
  }
  tell_rows();
  enter(are_views ? Phase::view : Phase::decoding);
  const Bundle& bundle = context_.bundle;
  const auto stream = bundle.writing().decoder().begin(torch::stack(concepts), context_.observer);
  const auto sentences = write_sentences(*stream, context_.options.sampling, randoms, bundle.tokenizer->newline(),
                                         context_.options.max_sentence_tokens);
  for (std::size_t i = 0; i < which.size(); ++i) {
    Trajectory& trajectory = trajectories_[which[i].first];
    Step& step = trajectory.steps[which[i].second];
    Step written = to_step(sentences[i], *bundle.tokenizer, step.concept_);
    written.is_view = are_views;
    written.stop_probability = step.stop_probability;
    step = std::move(written);
    if (!are_views) {
      trajectory.cost.tokens += sentences[i].choices;
      trajectory.cost.passes += sentences[i].choices;
    }
    if (context_.observer) context_.observer->on_step(places_[which[i].first], which[i].second, step);
  }
  enter(are_views ? Phase::view : Phase::decoding);
  rows_.clear();
}

std::vector<Trajectory> ActiveBatch::take_trajectories() {
  for (std::size_t index = 0; index < trajectories_.size(); ++index) {
    Trajectory& trajectory = trajectories_[index];
    if (!trajectory.steps.empty()) trajectory.answer = context_.task.answer_in(trajectory.steps.back().text);
  }
  return std::move(trajectories_);
}

std::vector<std::size_t> ActiveBatch::row_questions() const {
  std::vector<std::size_t> questions;
  for (const std::size_t index : rows_) questions.push_back(places_[index]);
  return questions;
}

void ActiveBatch::focus(std::size_t row, std::size_t copies) const {
  if (context_.observer) context_.observer->on_rows(std::vector<std::size_t>(copies, places_[rows_[row]]));
}

void ActiveBatch::tell_rows() const {
  if (context_.observer) context_.observer->on_rows(row_questions());
}

Step to_step(const WrittenSentence& sentence, const Tokenizer& tokenizer, const torch::Tensor& z) {
  Step step;
  step.text = tokenizer.decode(sentence.tokens);
  step.tokens = sentence.tokens;
  step.token_probability = sentence.probability();
  step.entropy = sentence.entropy();
  step.concept_ = z;
  return step;
}

}  // namespace noema
