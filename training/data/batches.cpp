#include "training/data/batches.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "training/data/tokenize.h"

namespace noema {
namespace {

std::int64_t longest_of(const TokenizedGroup& group) {
  std::int64_t longest = group.example.tokens();
  for (const TokenizedReasoning& sibling : group.siblings) longest = std::max(longest, sibling.tokens());
  return group.twin ? std::max(longest, group.twin->reasoning.tokens()) : longest;
}

}  // namespace

TokenizedReasoning BatchSequence::tokenized(const Example& example) const {
  TokenizedReasoning tokens = tokenize(example, task_, tokenizer_);
  if (options_.hints) tokens.hints = tokenize_hints(example, tokens.question, task_, tokenizer_);
  return tokens;
}

bool BatchSequence::fits(const TokenizedReasoning& tokens) const {
  return tokens.tokens() <= options_.max_tokens && !tokens.steps.empty();
}

std::optional<TokenizedGroup> BatchSequence::group(std::uint64_t index) const {
  const bool twin = options_.twins > 0.0 && Random::of(~options_.seed, index).chance(options_.twins);
  const Companions wanted = {.twin = twin, .siblings = static_cast<std::size_t>(options_.siblings)};
  const ExampleGroup drawn = source_->get(index, wanted);
  TokenizedGroup group = {tokenized(drawn.example)};
  if (!fits(group.example)) return std::nullopt;
  if (drawn.twin) {
    group.twin = {tokenize(drawn.twin->example, task_, tokenizer_), static_cast<std::int64_t>(drawn.twin->from)};
    if (!fits(group.twin->reasoning)) return std::nullopt;
  }
  for (const Example& sibling : drawn.siblings) {
    TokenizedReasoning tokens = tokenized(sibling);
    if (fits(tokens)) group.siblings.push_back(std::move(tokens));
  }
  return group;
}

std::vector<std::vector<TokenizedGroup>> BatchSequence::groups(std::int64_t index) const {
  const std::int64_t wanted = options_.batch * options_.window;
  std::vector<std::pair<std::int64_t, TokenizedGroup>> groups;  // with the length of the longest of each
  for (std::int64_t i = 0; i < wanted; ++i) {
    std::optional<TokenizedGroup> made = group(static_cast<std::uint64_t>(index * wanted + i));
    if (made) groups.emplace_back(longest_of(*made), std::move(*made));
  }
  if (groups.empty()) {
    throw Error({"training data", "examples of at most " + std::to_string(options_.max_tokens) + " tokens",
                 "only longer ones", "raise max_tokens in [data]"});
  }
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::vector<TokenizedGroup>> batches(static_cast<std::size_t>(options_.window));
  for (std::size_t i = 0; i < groups.size(); ++i) {
    batches[i * batches.size() / groups.size()].push_back(std::move(groups[i].second));
  }
  std::erase_if(batches, [](const auto& batch) { return batch.empty(); });
  while (batches.size() < static_cast<std::size_t>(options_.window)) batches.push_back(batches.front());
  Random::of(options_.seed, static_cast<std::uint64_t>(index)).shuffle(batches);
  return batches;
}

std::vector<MicroBatches> BatchSequence::window(std::int64_t index) const {
  std::vector<MicroBatches> steps;
  for (auto& batch : groups(index)) steps.push_back(deal(std::move(batch), options_.micro_batches));
  return steps;
}

MicroBatches deal(std::vector<TokenizedGroup> batch, std::int64_t micro_batches) {
  std::vector<std::vector<TokenizedGroup>> dealt(
      std::min(batch.size(), static_cast<std::size_t>(std::max<std::int64_t>(micro_batches, 1))));
  for (std::size_t i = 0; i < batch.size(); ++i) dealt[i % dealt.size()].push_back(std::move(batch[i]));
  MicroBatches all;
  for (auto& groups : dealt) {
    all.push_back(std::make_shared<const ReasoningMicroBatch>(make_batch(std::move(groups), kWidthMultiple)));
  }
  return all;
}

MicroBatches fixed_batches(const ExampleSource& source, const Task& task, const Tokenizer& tokenizer,
                           std::int64_t count, std::int64_t batch, std::int64_t max_tokens) {
  std::vector<TokenizedReasoning> examples;
  for (std::int64_t i = 0; i < count; ++i) {
    TokenizedReasoning tokens = tokenize(source.get(static_cast<std::uint64_t>(i)).example, task, tokenizer);
    if (tokens.tokens() <= max_tokens && !tokens.steps.empty()) examples.push_back(std::move(tokens));
  }
  if (examples.empty()) throw Error({"validation data", "at least one example that is short enough", "none", ""});
  std::stable_sort(examples.begin(), examples.end(),
                   [](const auto& a, const auto& b) { return a.tokens() > b.tokens(); });
  MicroBatches batches;
  for (std::size_t begin = 0; begin < examples.size(); begin += static_cast<std::size_t>(batch)) {
    const std::size_t end = std::min(examples.size(), begin + static_cast<std::size_t>(batch));
    std::vector<TokenizedReasoning> some(examples.begin() + static_cast<std::ptrdiff_t>(begin),
                                         examples.begin() + static_cast<std::ptrdiff_t>(end));
    batches.push_back(std::make_shared<const ReasoningMicroBatch>(make_batch(std::move(some), kWidthMultiple)));
  }
  return batches;
}

}  // namespace noema
