#include "decoding/step_writer.h"

#include <torch/torch.h>

#include <algorithm>

namespace noema {

std::vector<StepPlace> unwritten_steps(ActiveQuestion& question) {
  std::vector<StepPlace> places;
  const std::vector<Step>& steps = question.trajectory.steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].is_written && steps[i].concept_.defined()) places.push_back({&question, i});
  }
  return places;
}

std::vector<Step> StepWriter::write(Rows& rows, const torch::Tensor& z) {
  Ledger::Scope scope(ledger_, Phase::decoding, rows.places());
  return write(z, context_.options.sampling, rows.randoms(), scope);
}

void StepWriter::fill_in(const std::vector<StepPlace>& places, Phase phase) {
  if (places.empty()) return;
  std::vector<torch::Tensor> concepts;
  std::vector<std::size_t> lines;
  std::vector<Random*> randoms;
  for (const auto& [question, step] : places) {
    concepts.push_back(question->trajectory.steps[step].concept_);
    lines.push_back(question->place);
    randoms.push_back(&question->random);
  }
  Ledger::Scope scope(ledger_, phase, lines);  // until all are announced: they are not what is reasoned about
  const SamplingOptions greedy;
  const SamplingOptions& sampling = phase == Phase::view ? greedy : context_.options.sampling;
  std::vector<Step> written = write(torch::stack(concepts), sampling, std::move(randoms), scope);
  for (std::size_t i = 0; i < places.size(); ++i) {
    Step& step = places[i].question->trajectory.steps[places[i].step];
    written[i].is_view = phase == Phase::view;
    written[i].stop_probability = step.stop_probability;
    step = std::move(written[i]);
    if (context_.observer) context_.observer->on_step(lines[i], places[i].step, step);
  }
}

std::vector<Step> StepWriter::write(const torch::Tensor& z, const SamplingOptions& sampling,
                                    std::vector<Random*> randoms, Ledger::Scope& scope) {
  const auto source = begin_sentences(context_, z, sampling);
  const std::int64_t most =
      std::min<std::int64_t>(context_.options.max_sentence_tokens, context_.bundle.writing().decoder().max_tokens());
  const Tokenizer& tokenizer = *context_.bundle.tokenizer;
  const auto sentences = write_sentences(*source, std::move(randoms), tokenizer.newline(), most, &scope);
  std::vector<Step> steps = steps_of(z);
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = to_step(sentences[i], tokenizer, steps[i].concept_);
  return steps;
}

std::vector<Step> steps_of(const torch::Tensor& z) {
  const torch::Tensor rows = z.to(torch::kCPU, torch::kFloat32);
  std::vector<Step> steps(static_cast<std::size_t>(z.size(0)));
  for (std::int64_t row = 0; row < z.size(0); ++row) steps[static_cast<std::size_t>(row)].concept_ = rows[row].clone();
  return steps;
}

}  // namespace noema
