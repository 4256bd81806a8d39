#include "sentence_vae/batch.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/error.h"

namespace noema {

std::int64_t TokenizedReasoning::tokens() const {
  std::size_t count = question.size();
  for (const TokenIds& step : steps) count += step.size();
  return static_cast<std::int64_t>(count);
}

std::int64_t ReasoningBatch::tokens() const {
  const auto sum = [](const std::vector<std::int64_t>& lengths) {
    return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  };
  return sum(texts.lengths) + sum(prefixes.texts.lengths);
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

/// Cuts off what the questions of each run of siblings begin with, but for one token at least.
SharedPrefixes take_prefixes(std::vector<TokenizedReasoning>& examples) {
  if (std::none_of(examples.begin(), examples.end(), [](const auto& example) { return example.is_sibling; })) return {};
  SharedPrefixes prefixes;
  std::vector<TokenIds> texts;
  for (auto begin = examples.begin(); begin != examples.end();) {
    auto end = std::find_if(begin + 1, examples.end(), [](const auto& example) { return !example.is_sibling; });
    std::size_t shared = begin->question.size() - 1;
    for (auto other = begin + 1; other != end; ++other) {
      const std::size_t most = std::min(shared, other->question.size() - 1);
      const auto first = begin->question.begin();
      const auto differs = std::mismatch(first, first + static_cast<std::ptrdiff_t>(most), other->question.begin());
      shared = static_cast<std::size_t>(differs.first - first);
    }
    const auto length = static_cast<std::ptrdiff_t>(shared);
    texts.emplace_back(begin->question.begin(), begin->question.begin() + length);
    for (; begin != end; ++begin) {
      begin->question.erase(begin->question.begin(), begin->question.begin() + length);
      for (TokenHint& hint : begin->hints) hint.place -= length;
      std::erase_if(begin->hints, [](const TokenHint& hint) { return hint.place < 0; });
      prefixes.of_row.push_back(static_cast<std::int64_t>(texts.size()) - 1);
    }
  }
  prefixes.texts = pad(texts, Padding::left);
  return prefixes;
}

BatchHints gather_hints(const std::vector<TokenizedReasoning>& examples) {
  std::vector<std::int64_t> rows, places, hint_of, tokens;
  std::vector<float> shares;
  for (std::size_t row = 0; row < examples.size(); ++row) {
    for (const TokenHint& hint : examples[row].hints) {
      const double sum = std::accumulate(hint.weights.begin(), hint.weights.end(), 0.0);
      for (std::size_t i = 0; i < hint.tokens.size(); ++i) {
        hint_of.push_back(static_cast<std::int64_t>(places.size()));
        tokens.push_back(hint.tokens[i]);
        shares.push_back(static_cast<float>(hint.weights[i] / sum));
      }
      rows.push_back(static_cast<std::int64_t>(row));
      places.push_back(hint.place);
    }
  }
  return {torch::tensor(rows, torch::kLong), torch::tensor(places, torch::kLong), torch::tensor(hint_of, torch::kLong),
          torch::tensor(tokens, torch::kLong), torch::tensor(shares)};
}

}  // namespace

ReasoningBatch make_batch(std::vector<TokenizedReasoning> examples, std::int64_t multiple) {
  std::vector<TokenIds> questions, texts, steps;
  std::vector<std::int64_t> last, numbers;
  std::vector<std::pair<std::int64_t, std::int64_t>> before;  // text, place in it
  std::map<TokenIds, std::int64_t> number_of;
  for (const TokenizedReasoning& example : examples) {
    if (!example.question.empty() && !example.steps.empty()) continue;
    throw Error({"make_batch", "a question and at least one step", "an empty one", ""});
  }
  ReasoningBatch batch;
  batch.prefixes = take_prefixes(examples);
  for (const TokenizedReasoning& example : examples) {
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
  batch.hints = gather_hints(examples);
  return batch;
}

torch::Tensor text_states(const LanguageModel& model, const ReasoningBatch& batch, ComputeObserver* observer) {
  const Sentences& texts = batch.texts;
  return hidden_after(model, batch.prefixes, model.embed(texts.ids), batch.questions.lengths, texts.lengths, observer)
      .flatten(0, 1);
}

}  // namespace noema
