#include "sentence_vae/batch.h"

#include <torch/torch.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <string>

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

ReasoningBatch ReasoningBatch::to(torch::Device device) const {
  ReasoningBatch moved = *this;
  for (Sentences* spans : {&moved.prefixes.texts, &moved.questions, &moved.texts, &moved.steps}) {
    if (spans->ids.defined()) *spans = spans->to(device);
  }
  for (torch::Tensor* tensor : {&moved.places_before, &moved.is_last, &moved.text_numbers, &moved.hints.rows,
                                &moved.hints.places, &moved.hints.hint_of, &moved.hints.tokens, &moved.hints.shares}) {
    *tensor = tensor->to(device);
  }
  return moved;
}

namespace {

/// The texts of groups as rows, and what belongs together.
struct Rows {
  struct Pair {
    std::size_t example = 0, twin = 0;  // rows
    std::int64_t from = 0;
  };

  std::vector<TokenizedReasoning> texts;
  std::vector<std::size_t> runs;  // of rows that begin with the same text: how many each has
  std::vector<Pair> pairs;
  bool has_siblings = false;
};

Rows rows_of(std::vector<TokenizedGroup> groups) {
  Rows rows;
  for (TokenizedGroup& group : groups) {
    const std::size_t first = rows.texts.size();
    rows.texts.push_back(std::move(group.example));
    rows.has_siblings |= !group.siblings.empty();
    std::move(group.siblings.begin(), group.siblings.end(), std::back_inserter(rows.texts));
    rows.runs.push_back(rows.texts.size() - first);
    if (!group.twin) continue;
    rows.pairs.push_back({first, rows.texts.size(), group.twin->from});
    rows.runs.push_back(1);
    rows.texts.push_back(std::move(group.twin->reasoning));
  }
  return rows;
}

void check(const Rows& rows) {
  for (const TokenizedReasoning& text : rows.texts) {
    if (!text.question.empty() && !text.steps.empty()) continue;
    throw Error({"make_batch", "a question and at least one step", "an empty one", ""});
  }
  for (const auto& [example, twin, from] : rows.pairs) {
    const std::size_t count = rows.texts[example].steps.size(), found = rows.texts[twin].steps.size();
    if (found == count) continue;
    throw Error({"make_batch", "a twin of " + std::to_string(count) + " steps", std::to_string(found), ""});
  }
}

std::vector<TwinSteps> find_twins(const Rows& rows) {
  std::vector<std::int64_t> first = {0};  // step of each row
  for (const TokenizedReasoning& text : rows.texts) {
    first.push_back(first.back() + static_cast<std::int64_t>(text.steps.size()));
  }
  std::vector<TwinSteps> twins;
  for (const auto& [example, twin, from] : rows.pairs) {
    twins.push_back({first[example], first[twin], from, first[example + 1] - first[example]});
  }
  return twins;
}

/// Cuts off what the questions of each run begin with, but for one token at least; nothing where no rows share any.
SharedPrefixes take_prefixes(Rows& rows) {
  if (!rows.has_siblings) return {};
  SharedPrefixes prefixes;
  std::vector<TokenIds> texts;
  auto begin = rows.texts.begin();
  for (const std::size_t count : rows.runs) {
    const auto end = begin + static_cast<std::ptrdiff_t>(count);
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
  std::vector<TokenizedGroup> groups;
  for (TokenizedReasoning& example : examples) groups.push_back({std::move(example)});
  return make_batch(std::move(groups), multiple);
}

ReasoningBatch make_batch(std::vector<TokenizedGroup> groups, std::int64_t multiple) {
  Rows rows = rows_of(std::move(groups));
  check(rows);
  std::vector<TokenIds> questions, texts, steps;
  std::vector<std::int64_t> last, numbers;
  std::vector<std::pair<std::int64_t, std::int64_t>> before;  // text, place in it
  std::map<TokenIds, std::int64_t> number_of;
  ReasoningBatch batch;
  batch.prefixes = take_prefixes(rows);
  for (const TokenizedReasoning& example : rows.texts) {
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
  batch.twins = find_twins(rows);
  batch.questions = pad(questions, Padding::right, multiple);
  batch.texts = pad(texts, Padding::right, multiple);
  batch.steps = pad(steps);
  std::vector<std::int64_t> places;
  for (const auto& [row, place] : before) places.push_back(row * batch.texts.width() + place);
  batch.places_before = torch::tensor(places, torch::kLong);
  batch.is_last = torch::tensor(last, torch::kLong).to(torch::kBool);
  batch.text_numbers = torch::tensor(numbers, torch::kLong);
  batch.hints = gather_hints(rows.texts);
  return batch;
}

torch::Tensor text_states(const LanguageModel& model, const ReasoningBatch& batch, ComputeObserver* observer) {
  const Sentences& texts = batch.texts;
  return hidden_after(model, batch.prefixes, model.embed(texts.ids), batch.questions.lengths, texts.lengths, observer)
      .flatten(0, 1);
}

}  // namespace noema
