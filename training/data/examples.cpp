#include "training/data/examples.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <iterator>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/nearest.h"
#include "base/random.h"

namespace noema {
namespace {

constexpr std::size_t kBatchesAhead = 8;

class GeneratedSource final : public ExampleSource {
 public:
  GeneratedSource(std::shared_ptr<const Task> task, std::uint64_t seed) : task_(std::move(task)), seed_(seed) {}
  Example get(std::uint64_t index) const override { return task_->generate(seed_, index); }
  std::optional<Twin> twin(std::uint64_t index) const override { return task_->twin(seed_, index); }
  std::vector<Example> siblings(std::uint64_t index, std::size_t count) const override {
    return task_->siblings(seed_, index, count);
  }

 private:
  std::shared_ptr<const Task> task_;
  std::uint64_t seed_;
};

class ListedSource final : public ExampleSource {
 public:
  ListedSource(std::vector<Example> examples, std::uint64_t seed) : examples_(std::move(examples)), seed_(seed) {
    if (examples_.empty()) throw Error({"training data", "at least one example", "none", "check the file"});
  }

  Example get(std::uint64_t index) const override {
    const std::uint64_t round = index / examples_.size();
    if (round == 0) return examples_[index];
    const std::lock_guard lock(mutex_);
    if (round != round_) {
      order_.resize(examples_.size());
      std::iota(order_.begin(), order_.end(), std::size_t{0});
      Random::of(seed_, round).shuffle(order_);
      round_ = round;
    }
    return examples_[order_[index % examples_.size()]];
  }

 private:
  std::vector<Example> examples_;
  std::uint64_t seed_;
  mutable std::mutex mutex_;
  mutable std::uint64_t round_ = 0;
  mutable std::vector<std::size_t> order_;  // of the round
};

/// Takes the first of each example's own stretch of candidates that a coin of its family's weight accepts.
class WeightedSource final : public ExampleSource {
 public:
  WeightedSource(std::shared_ptr<const ExampleSource> source, std::map<std::string, double> weights, std::uint64_t seed)
      : source_(std::move(source)), weights_(std::move(weights)), seed_(seed) {
    std::set<std::string> families;
    for (std::uint64_t i = 0; i < 1000; ++i) families.insert(family_of(source_->get(i)));
    for (const auto& [family, weight] : weights_) {
      greatest_ = std::max(greatest_, weight);
      if (families.contains(family)) continue;
      const std::vector<std::string> known(families.begin(), families.end());
      const auto meant = nearest(family, known);
      throw Error({"[data] family_weights", "families of the task", printable(family),
                   meant ? "did you mean \"" + *meant + "\"?" : "remove it"});
    }
  }

  Example get(std::uint64_t index) const override { return source_->get(place(index)); }
  std::optional<Twin> twin(std::uint64_t index) const override { return source_->twin(place(index)); }
  std::vector<Example> siblings(std::uint64_t index, std::size_t count) const override {
    return source_->siblings(place(index), count);
  }

 private:
  static constexpr std::uint64_t kCandidates = 256;

  static std::string family_of(const Example& example) { return example.extra.value("family", std::string()); }

  std::uint64_t place(std::uint64_t index) const {
    std::uint64_t candidate = index * kCandidates;
    for (std::uint64_t i = 1; i < kCandidates; ++i, ++candidate) {
      const auto found = weights_.find(family_of(source_->get(candidate)));
      const double weight = found == weights_.end() ? 1.0 : found->second;
      if (Random::of(seed_, candidate).chance(weight / greatest_)) break;
    }
    return candidate;
  }

  std::shared_ptr<const ExampleSource> source_;
  std::map<std::string, double> weights_;
  std::uint64_t seed_;
  double greatest_ = 1.0;
};

class AnswersSource final : public ExampleSource {
 public:
  AnswersSource(std::shared_ptr<const ExampleSource> source, std::shared_ptr<const Task> task)
      : source_(std::move(source)), task_(std::move(task)) {}

  Example get(std::uint64_t index) const override { return without_steps(source_->get(index)); }
  std::vector<Example> siblings(std::uint64_t index, std::size_t count) const override {
    std::vector<Example> all = source_->siblings(index, count);
    for (Example& example : all) example = without_steps(std::move(example));
    return all;
  }

 private:
  Example without_steps(Example example) const {
    std::vector<std::string> reasoning = task_->reasoning(example);
    if (!reasoning.empty()) example.steps = {std::move(reasoning.back())};
    return example;
  }

  std::shared_ptr<const ExampleSource> source_;
  std::shared_ptr<const Task> task_;
};

}  // namespace

std::unique_ptr<ExampleSource> make_generated_source(std::shared_ptr<const Task> task, std::uint64_t seed) {
  return std::make_unique<GeneratedSource>(std::move(task), seed);
}

std::unique_ptr<ExampleSource> make_listed_source(std::vector<Example> examples, std::uint64_t seed) {
  return std::make_unique<ListedSource>(std::move(examples), seed);
}

std::unique_ptr<ExampleSource> make_weighted_source(std::shared_ptr<const ExampleSource> source,
                                                    std::map<std::string, double> weights, std::uint64_t seed) {
  return std::make_unique<WeightedSource>(std::move(source), std::move(weights), seed);
}

std::unique_ptr<ExampleSource> make_answers_source(std::shared_ptr<const ExampleSource> source,
                                                   std::shared_ptr<const Task> task) {
  return std::make_unique<AnswersSource>(std::move(source), std::move(task));
}

TokenizedReasoning tokenize(const Example& example, const Task& task, const Tokenizer& tokenizer) {
  const auto line = [&](std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return tokenizer.encode(text + "\n");
  };
  TokenizedReasoning tokens{line(example.question), {}};
  for (const std::string& step : task.reasoning(example)) tokens.steps.push_back(line(step));
  return tokens;
}

std::vector<TokenHint> tokenize_hints(const Example& example, const TokenIds& question, const Task& task,
                                      const Tokenizer& tokenizer) {
  std::vector<TokenHint> hints;
  std::size_t read = 0;  // bytes of the question
  auto at = question.begin();
  for (const Hint& hint : task.hints(example)) {
    // A line is encoded as if a space stood before it, so a stretch of one that begins with a space is without it.
    const std::size_t begin = read > 0 && example.question[read] == ' ' ? read + 1 : read;
    const TokenIds stretch = tokenizer.encode(std::string_view(example.question).substr(begin, hint.end - begin));
    const bool fits = static_cast<std::ptrdiff_t>(stretch.size()) < question.end() - at;
    if (stretch.empty() || !fits || !std::equal(stretch.begin(), stretch.end(), at)) continue;
    read = hint.end;
    at += static_cast<std::ptrdiff_t>(stretch.size());
    TokenHint tokens{at - question.begin() - 1, {}, {}};
    for (const auto& [piece, weight] : hint.pieces) {
      const TokenIds ids = tokenizer.encode(piece);
      if (ids.size() != 1) continue;
      tokens.tokens.push_back(ids.front());
      tokens.weights.push_back(weight);
    }
    if (!tokens.tokens.empty()) hints.push_back(std::move(tokens));
  }
  return hints;
}

TokenizedReasoning BatchSequence::tokenized(const Example& example) const {
  TokenizedReasoning tokens = tokenize(example, task_, tokenizer_);
  if (options_.hints) tokens.hints = tokenize_hints(example, tokens.question, task_, tokenizer_);
  return tokens;
}

ExampleGroup BatchSequence::group(std::uint64_t index) const {
  const auto is_short = [&](const TokenizedReasoning& tokens) {
    return tokens.tokens() <= options_.max_tokens && !tokens.steps.empty();
  };
  ExampleGroup group = {tokenized(source_.get(index))};
  if (!is_short(group.front())) return {};
  add_twin(index, group);
  if (options_.siblings == 0 || group.size() != 1) return group;
  for (const Example& sibling : source_.siblings(index, static_cast<std::size_t>(options_.siblings))) {
    group.push_back(tokenized(sibling));
    group.back().is_sibling = true;
    if (!is_short(group.back())) group.pop_back();
  }
  return group;
}

void BatchSequence::add_twin(std::uint64_t index, ExampleGroup& group) const {
  const bool wanted = options_.twins > 0.0 && Random::of(~options_.seed, index).chance(options_.twins);
  const std::optional<Twin> twin = wanted ? source_.twin(index) : std::nullopt;
  if (!twin) return;
  group.push_back(tokenize(twin->example, task_, tokenizer_));
  group.front().twin_from = static_cast<std::int64_t>(twin->from);
  if (group.back().tokens() > options_.max_tokens) group.clear();
}

std::vector<std::vector<ExampleGroup>> BatchSequence::window(std::int64_t index) const {
  const std::int64_t wanted = options_.batch * options_.window;
  std::vector<std::pair<std::int64_t, ExampleGroup>> groups;  // with the length of the longest of each
  for (std::int64_t i = 0; i < wanted; ++i) {
    ExampleGroup made = group(static_cast<std::uint64_t>(index * wanted + i));
    std::int64_t longest = 0;
    for (const TokenizedReasoning& example : made) longest = std::max(longest, example.tokens());
    if (!made.empty()) groups.emplace_back(longest, std::move(made));
  }
  if (groups.empty()) {
    throw Error({"training data", "examples of at most " + std::to_string(options_.max_tokens) + " tokens",
                 "only longer ones", "raise max_tokens in [data]"});
  }
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::vector<ExampleGroup>> batches(static_cast<std::size_t>(options_.window));
  for (std::size_t i = 0; i < groups.size(); ++i) {
    batches[i * batches.size() / groups.size()].push_back(std::move(groups[i].second));
  }
  std::erase_if(batches, [](const auto& batch) { return batch.empty(); });
  while (batches.size() < static_cast<std::size_t>(options_.window)) batches.push_back(batches.front());
  Random::of(options_.seed, static_cast<std::uint64_t>(index)).shuffle(batches);
  return batches;
}

MicroBatches deal(std::vector<ExampleGroup> batch, std::int64_t micro_batches) {
  std::vector<std::vector<TokenizedReasoning>> dealt(
      std::min(batch.size(), static_cast<std::size_t>(std::max<std::int64_t>(micro_batches, 1))));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto& examples = dealt[i % dealt.size()];
    std::move(batch[i].begin(), batch[i].end(), std::back_inserter(examples));
  }
  MicroBatches all;
  for (auto& examples : dealt) {
    all.push_back(std::make_shared<const ReasoningMicroBatch>(make_batch(std::move(examples), kWidthMultiple)));
  }
  return all;
}

struct BatchQueue::State {
  State(const BatchSequence& sequence, std::int64_t first_step)
      : worker([this, &sequence, first_step] { work(sequence, first_step); }) {}

  void work(const BatchSequence& sequence, std::int64_t first_step) {
    try {
      const std::int64_t length = sequence.options().window;
      for (std::int64_t index = first_step / length;; ++index) {
        auto batches = sequence.window(index);
        const std::int64_t skip = index == first_step / length ? first_step % length : 0;
        for (std::size_t i = static_cast<std::size_t>(skip); i < batches.size(); ++i) {
          if (!put(deal(std::move(batches[i]), sequence.options().micro_batches))) return;
        }
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      changed.notify_all();
    }
  }

  bool put(MicroBatches batch) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return stopping || ready.size() < kBatchesAhead; });
    if (stopping) return false;
    ready.push_back(std::move(batch));
    changed.notify_all();
    return true;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<MicroBatches> ready;
  std::exception_ptr failure;
  bool stopping = false;
  std::thread worker;  // last: starts when everything else is there
};

BatchQueue::BatchQueue(const BatchSequence& sequence, std::int64_t first_step)
    : state_(std::make_unique<State>(sequence, first_step)) {}

BatchQueue::~BatchQueue() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
  }
  state_->worker.join();
}

MicroBatches BatchQueue::next() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return !state_->ready.empty() || state_->failure; });
  if (state_->ready.empty()) std::rethrow_exception(state_->failure);
  MicroBatches batch = std::move(state_->ready.front());
  state_->ready.pop_front();
  state_->changed.notify_all();
  return batch;
}

MicroBatches fixed_batches(const ExampleSource& source, const Task& task, const Tokenizer& tokenizer,
                           std::int64_t count, std::int64_t batch, std::int64_t max_tokens) {
  std::vector<TokenizedReasoning> examples;
  for (std::int64_t i = 0; i < count; ++i) {
    TokenizedReasoning tokens = tokenize(source.get(static_cast<std::uint64_t>(i)), task, tokenizer);
    if (tokens.tokens() <= max_tokens && !tokens.steps.empty()) examples.push_back(std::move(tokens));
  }
  if (examples.empty()) throw Error({"validation data", "at least one example that is short enough", "none", ""});
  std::stable_sort(examples.begin(), examples.end(),
                   [](const auto& a, const auto& b) { return a.tokens() > b.tokens(); });
  MicroBatches batches;
  for (std::size_t begin = 0; begin < examples.size(); begin += static_cast<std::size_t>(batch)) {
    const std::size_t end = std::min(examples.size(), begin + static_cast<std::size_t>(batch));
    batches.push_back(std::make_shared<const ReasoningMicroBatch>(make_batch(
        {examples.begin() + static_cast<std::ptrdiff_t>(begin), examples.begin() + static_cast<std::ptrdiff_t>(end)},
        kWidthMultiple)));
  }
  return batches;
}

}  // namespace noema
