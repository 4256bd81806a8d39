#include "decoding/active_batch.h"

#include <torch/torch.h>

#include <algorithm>

namespace noema {

ActiveBatch::ActiveBatch(const RunContext& context, Schedule schedule, Deliver deliver)
    : context_(context),
      schedule_(std::move(schedule)),
      deliver_(std::move(deliver)),
      trajectories_(schedule_.size()),
      phase_began_(Clock::now()) {
  for (std::size_t place = 0; place < trajectories_.size(); ++place) {
    randoms_.push_back(Random::of(context.options.seed, context.options.first_question + place));
  }
  if (context_.observer) context_.observer->on_phase(phase_);
}

std::optional<Sentences> ActiveBatch::admit() {
  const std::vector<std::size_t> entering = schedule_.enter(rows_);
  if (entering.empty()) return std::nullopt;
  std::vector<TokenIds> questions;
  for (const std::size_t place : entering) questions.push_back(schedule_.question(place));
  rows_.insert(rows_.end(), entering.begin(), entering.end());
  finished_.resize(rows_.size());
  most_rows_ = std::max(most_rows_, rows_.size());
  focus_on(entering);
  enter(Phase::prefill);
  return pad(questions, Padding::left);
}

void ActiveBatch::all_entered() {
  enter(Phase::reasoning);
  unfocus();
}

std::vector<Random*> ActiveBatch::randoms() {
  std::vector<Random*> all;
  for (std::size_t row = 0; row < rows(); ++row) all.push_back(&random(row));
  return all;
}

void ActiveBatch::enter(Phase phase) {
  if (phase != phase_ && context_.bundle.accelerator) context_.bundle.accelerator->wait();  // what was launched counts
  const auto now = Clock::now();
  const double ms = std::chrono::duration<double, std::milli>(now - phase_began_).count();
  const double share = focus_.empty() ? 0.0 : ms / static_cast<double>(focus_.size());
  for (const std::size_t index : focus_) {
    Cost& cost = trajectories_[index].cost;
    if (phase_ == Phase::prefill) cost.prefill_ms += share;
    if (phase_ == Phase::reasoning) cost.reasoning_ms += share;
    if (phase_ == Phase::decoding) cost.decoding_ms += share;
  }
  phase_began_ = now;
  if (context_.observer && phase != phase_) context_.observer->on_phase(phase);
  phase_ = phase;
}

void ActiveBatch::focus_on(std::vector<std::size_t> trajectories) {
  enter(phase_);  // the time until now belongs to those that were in the passes until now
  focus_ = std::move(trajectories);
  if (context_.observer) context_.observer->on_rows(focus_);
}

void ActiveBatch::count_passes(std::int64_t passes) {
  for (const std::size_t index : rows_) trajectories_[index].cost.passes += passes;
}

void ActiveBatch::add_step(std::size_t row, Step step) {
  Trajectory& trajectory = this->trajectory(row);
  trajectory.steps.push_back(std::move(step));
  if (!context_.observer) return;
  context_.observer->on_step(rows_[row], trajectory.steps.size() - 1, trajectory.steps.back());
}

void ActiveBatch::look_for_full_context(std::int64_t max_positions) {
  for (std::size_t row = 0; row < rows(); ++row) {
    const auto steps = static_cast<std::int64_t>(trajectory(row).steps.size());
    const std::int64_t written = std::max(steps, trajectory(row).cost.tokens);
    const std::int64_t used = static_cast<std::int64_t>(question(row).size()) + written;
    if (used >= max_positions && !is_finished(row)) finish(row, StopReason::context_full);
  }
}

void ActiveBatch::look_for_cancellation() {
  if (!context_.options.cancelled || !*context_.options.cancelled) return;
  for (std::size_t row = 0; row < rows(); ++row) {
    if (!is_finished(row)) finish(row, StopReason::cancelled);
  }
  for (const std::size_t place : schedule_.dismiss()) {
    trajectories_[place].stop = StopReason::cancelled;
    hand_over(place);
  }
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
      undelivered_.push_back(rows_[row]);
    } else {
      rows.push_back(rows_[row]);
    }
  }
  rows_ = std::move(rows);
  finished_.assign(rows_.size(), std::nullopt);
  deliver_finished();
  unfocus();
  return staying;
}

void ActiveBatch::deliver_finished() {
  std::vector<Place> views, answers;
  for (const std::size_t index : undelivered_) {
    for (const Place& place : unwritten_of(index)) {
      const bool is_answer = place.step + 1 == trajectories_[index].steps.size();
      if (is_answer || context_.options.read_steps) (is_answer ? answers : views).push_back(place);
    }
  }
  const bool are_enough = rows_.empty() || undelivered_.size() >= most_rows_;
  if (!are_enough && !(views.empty() && answers.empty())) return;
  write(views, Phase::view);
  write(answers, Phase::decoding);
  for (const std::size_t index : undelivered_) hand_over(index);
  undelivered_.clear();
}

std::vector<ActiveBatch::Place> ActiveBatch::unwritten_of(std::size_t trajectory) const {
  std::vector<Place> places;
  const std::vector<Step>& steps = trajectories_[trajectory].steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].is_written && steps[i].concept_.defined()) places.push_back({trajectory, i});
  }
  return places;
}

std::vector<WrittenSentence> ActiveBatch::write_rows(const torch::Tensor& z) {
  const Phase before = phase_;
  enter(Phase::decoding);
  std::int64_t passes = 0;
  auto sentences = decode(z, context_.options.sampling, randoms(), &passes);
  for (std::size_t row = 0; row < sentences.size(); ++row) trajectory(row).cost.tokens += sentences[row].choices;
  count_passes(passes);
  enter(before);
  return sentences;
}

void ActiveBatch::write_missing(std::size_t row) {
  write(unwritten_of(rows_[row]), Phase::decoding);
  unfocus();
}

void ActiveBatch::write(const std::vector<Place>& places, Phase phase) {
  if (places.empty()) return;
  const Phase before = phase_;
  const bool is_view = phase == Phase::view;
  std::vector<torch::Tensor> concepts;
  std::vector<std::size_t> lines;
  std::vector<Random*> randoms;
  for (const Place& place : places) {
    lines.push_back(place.trajectory);
    concepts.push_back(trajectories_[place.trajectory].steps[place.step].concept_);
    randoms.push_back(&randoms_[place.trajectory]);
  }
  focus_on(lines);
  enter(phase);
  const SamplingOptions greedy;  // draws nothing: looking at steps must not change the answer
  const auto sentences = decode(torch::stack(concepts), is_view ? greedy : context_.options.sampling, randoms);
  for (std::size_t i = 0; i < places.size(); ++i) {
    Trajectory& trajectory = trajectories_[places[i].trajectory];
    Step& step = trajectory.steps[places[i].step];
    Step written = to_step(sentences[i], *context_.bundle.tokenizer, step.concept_);
    written.is_view = is_view;
    written.stop_probability = step.stop_probability;
    step = std::move(written);
    if (!is_view) {
      trajectory.cost.tokens += sentences[i].choices;
      trajectory.cost.passes += sentences[i].choices;
    }
    if (context_.observer) context_.observer->on_step(places[i].trajectory, places[i].step, step);
  }
  enter(before);
}

std::vector<WrittenSentence> ActiveBatch::decode(const torch::Tensor& z, const SamplingOptions& sampling,
                                                 std::vector<Random*> randoms, std::int64_t* passes) const {
  const Autoencoder& writing = context_.bundle.writing();
  const auto source = token_source_for(
      context_, sampling, context_.recorders ? context_.recorders->sentences.get() : nullptr, writing.backbone());
  source->join(writing.decoder().begin(z, context_.observer));
  // The embedding itself takes one of the decoder's positions.
  const std::int64_t room = writing.backbone().config().transformer.max_positions - 1;
  const auto most = static_cast<int>(std::min<std::int64_t>(context_.options.max_sentence_tokens, room));
  return write_sentences(*source, std::move(randoms), context_.bundle.tokenizer->newline(), most, passes);
}

void ActiveBatch::hand_over(std::size_t index) {
  Trajectory& trajectory = trajectories_[index];
  if (!trajectory.steps.empty()) trajectory.answer = context_.task.answer_in(trajectory.steps.back().text);
  deliver_(index, std::move(trajectory));
}

std::unique_ptr<TokenSource> token_source_for(const RunContext& context, const SamplingOptions& sampling,
                                              StepRecorder* recorder, const LanguageModel& model) {
  check_sampling(sampling);
  const bool is_free = !context.is_watched() && sampling.temperature == 0.0;
  return recorder && is_free ? make_recorded_token_source(*recorder, model) : make_token_source(sampling);
}

Step to_step(const WrittenSentence& sentence, const Tokenizer& tokenizer, const torch::Tensor& z) {
  Step step;
  step.is_written = true;
  step.text = tokenizer.decode(sentence.tokens);
  step.tokens = sentence.tokens;
  step.token_probability = sentence.probability();
  step.entropy = sentence.entropy();
  step.concept_ = z;
  return step;
}

}  // namespace noema
