#include "sentence_vae/batch.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>

#include "base/error.h"

namespace noema {

torch::Tensor Sentences::real_places() const {
  std::vector<std::int64_t> places;
  for (std::int64_t row = 0; row < count(); ++row) {
    for (std::int64_t t = 0; t < lengths[static_cast<std::size_t>(row)]; ++t) places.push_back(row * width() + t);
  }
  return torch::tensor(places, torch::kLong);
}

torch::Tensor Sentences::last_places() const {
  std::vector<std::int64_t> places;
  for (std::int64_t row = 0; row < count(); ++row) {
    places.push_back(row * width() + lengths[static_cast<std::size_t>(row)] - 1);
  }
  return torch::tensor(places, torch::kLong);
}

Sentences Sentences::select(const torch::Tensor& numbers) const {
  const torch::Tensor all = torch::tensor(lengths, torch::kLong).index_select(0, numbers).contiguous();
  const auto* first = all.data_ptr<std::int64_t>();
  return {ids.index_select(0, numbers), {first, first + all.numel()}};
}

Sentences pad(const std::vector<TokenIds>& spans, Padding padding, std::int64_t multiple) {
  std::size_t longest = 1;
  for (const TokenIds& span : spans) longest = std::max(longest, span.size());
  const std::int64_t width = (static_cast<std::int64_t>(longest) + multiple - 1) / multiple * multiple;
  Sentences sentences{torch::zeros({static_cast<std::int64_t>(spans.size()), width}, torch::kLong), {}};
  auto* row = sentences.ids.data_ptr<std::int64_t>();
  for (const TokenIds& span : spans) {
    const std::int64_t length = static_cast<std::int64_t>(span.size());
    std::copy(span.begin(), span.end(), row + (padding == Padding::left ? width - length : 0));
    sentences.lengths.push_back(length);
    row += width;
  }
  return sentences;
}

std::int64_t TokenizedReasoning::tokens() const {
  std::size_t count = question.size();
  for (const TokenIds& step : steps) count += step.size();
  return static_cast<std::int64_t>(count);
}

namespace {

std::vector<TwinSteps> find_twins(const std::vector<TokenizedReasoning>& examples) {
  std::vector<TwinSteps> twins;
  std::int64_t first = 0;
  for (std::size_t i = 0; i + 1 < examples.size(); ++i) {  // a twin in another batch is none
    const auto count = static_cast<std::int64_t>(examples[i].steps.size());
    const bool are_alike = examples[i].steps.size() == examples[i + 1].steps.size();
    if (examples[i].twin_from >= 0 && are_alike) twins.push_back({first, first + count, examples[i].twin_from, count});
    first += count;
  }
  return twins;
}

}  // namespace

ReasoningBatch make_batch(const std::vector<TokenizedReasoning>& examples, std::int64_t multiple) {
  std::vector<TokenIds> questions, texts, steps;
  std::vector<std::int64_t> last, numbers;
  std::vector<std::pair<std::int64_t, std::int64_t>> before;  // text, place in it
  std::map<TokenIds, std::int64_t> number_of;
  ReasoningBatch batch;
  for (const TokenizedReasoning& example : examples) {
    if (example.question.empty() || example.steps.empty()) {
      throw Error({"make_batch", "a question and at least one step", "an empty one", ""});
    }
    questions.push_back(example.question);
    TokenIds text = example.question;
    for (std::size_t i = 0; i < example.steps.size(); ++i) {
      const TokenIds& step = example.steps[i];
      before.emplace_back(texts.size(), text.size() - 1);
      last.push_back(i + 1 == example.steps.size());
      numbers.push_back(number_of.try_emplace(step, static_cast<std::int64_t>(number_of.size())).first->second);
      steps.push_back(step);
      text.insert(text.end(), step.begin(), step.end());
    }
    batch.step_counts.push_back(static_cast<std::int64_t>(example.steps.size()));
    texts.push_back(std::move(text));
  }
  batch.twins = find_twins(examples);
  batch.questions = pad(questions, Padding::right, multiple);
  batch.texts = pad(texts, Padding::right, multiple);
  batch.steps = pad(steps);
  std::vector<std::int64_t> places;
  for (const auto& [row, place] : before) places.push_back(row * batch.texts.width() + place);
  batch.places_before = torch::tensor(places, torch::kLong);
  batch.is_last = torch::tensor(last, torch::kLong).to(torch::kBool);
  batch.text_numbers = torch::tensor(numbers, torch::kLong);
  return batch;
}

}  // namespace noema
