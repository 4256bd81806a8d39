#include "inspect/probes/perplexity.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"
#include "base/random.h"
#include "inspect/probes/mutual_information.h"
#include "inspect/probes/sentences.h"

namespace noema {
namespace {

/// What a part needs to tell an example.
struct Surprise {
  double nats = 0.0;
  std::int64_t tokens = 0;
};

/// By part, for each example that was read.
using Surprises = std::map<std::string, std::vector<Surprise>>;

/// Adds the steps of a batch to their examples, which are the last ones of `all`.
void add_sentences(std::vector<Surprise>& all, const ExampleBatch& batch, const torch::Tensor& logits /*[M,V]*/) {
  const torch::Tensor tokens = batch.tokens.steps.real_tokens().to(logits.device());
  const torch::Tensor nats = -logits.to(torch::kFloat32)
                                  .log_softmax(-1)
                                  .gather(1, tokens.unsqueeze(1))
                                  .squeeze(1)
                                  .to(torch::kCPU, torch::kDouble);
  std::int64_t token = 0, step = 0;
  for (const std::int64_t count : batch.tokens.step_counts) {
    Surprise& example = all.emplace_back();
    for (const std::int64_t end = step + count; step < end; ++step) {
      const std::int64_t length = batch.tokens.steps.lengths[static_cast<std::size_t>(step)];
      example.nats += nats.narrow(0, token, length).sum().item<double>();
      example.tokens += length;
      token += length;
    }
  }
}

void add_chain(std::vector<Surprise>& all, const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
               const ExampleBatch& batch) {
  std::vector<TokenizedReasoning> texts;
  for (std::size_t i = 0; i < batch.places.size(); ++i) {
    if (batch.places[i].step > 0) continue;
    const Example& example = examples[batch.places[i].example];
    texts.push_back({line_tokens(*bundle.tokenizer, example.question), {}});
    for (const std::string& step : task.reasoning(example)) {
      texts.back().steps.push_back(line_tokens(*bundle.tokenizer, step));
    }
  }
  const auto likelihoods = sentence_likelihoods(bundle.need_chain(), texts, bundle.tokenizer->newline());
  std::size_t sentence = 0;
  for (const TokenizedReasoning& text : texts) {
    Surprise& example = all.emplace_back();
    for (std::size_t i = 0; i < text.steps.size(); ++i, ++sentence) {
      example.nats -= likelihoods[sentence].in_context;
      example.tokens += likelihoods[sentence].tokens;
    }
  }
}

/// The longest text that every part can read.
std::int64_t longest(const Bundle& bundle) {
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  if (bundle.chain) most = std::min(most, bundle.chain->config().transformer.max_positions);
  if (bundle.concepts) most = std::min(most, bundle.concepts->config().model.transformer.max_positions);
  for (const auto& [name, autoencoder] : bundle.autoencoders) most = std::min(most, max_text(*autoencoder));
  return most;
}

Surprises measure(const Bundle& bundle, const Task& task, const std::vector<Example>& examples, std::int64_t together,
                  std::size_t& left_out) {
  Surprises all;
  left_out = for_each_batch(bundle, task, examples, together, longest(bundle), [&](const ExampleBatch& batch) {
    if (bundle.chain) add_chain(all["chain"], bundle, task, examples, batch);
    for (const auto& [name, autoencoder] : bundle.autoencoders) {
      const torch::Tensor z = autoencoder->encoder().encode(batch.tokens).mean;
      add_sentences(all[name + " (true embedding)"], batch, autoencoder->decoder().logits(z, batch.tokens.steps));
    }
    if (!bundle.concepts) return;
    const torch::Tensor inputs = bundle.concepts->inputs(bundle.reading().encoder().encode(batch.tokens).mean);
    const torch::Tensor predicted = bundle.concepts->predict(batch.tokens, inputs).embedding;
    add_sentences(all["concept (predicted)"], batch, bundle.writing().decoder().logits(predicted, batch.tokens.steps));
  });
  return all;
}

double nats_a_token(const std::vector<Surprise>& some) {
  Surprise sum;
  for (const Surprise& one : some) {
    sum.nats += one.nats;
    sum.tokens += one.tokens;
  }
  return sum.nats / static_cast<double>(sum.tokens);
}

std::pair<double, double> interval(const std::vector<Surprise>& all, const PerplexityOptions& options) {
  std::vector<double> drawn;
  for (std::int64_t draw = 0; draw < options.draws; ++draw) {
    Random random = Random::of(options.seed, static_cast<std::uint64_t>(draw));
    std::vector<Surprise> some;
    for (std::size_t i = 0; i < all.size(); ++i) some.push_back(all[random.below(all.size())]);
    drawn.push_back(nats_a_token(some));
  }
  std::sort(drawn.begin(), drawn.end());
  const auto at = [&](double share) {
    return drawn[static_cast<std::size_t>(share * static_cast<double>(drawn.size() - 1))];
  };
  return {at(0.025), at(0.975)};
}

}  // namespace

ProbeResult perplexity(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                       const PerplexityOptions& options) {
  const torch::InferenceMode inference;
  std::size_t left_out = 0;
  const Surprises all = measure(bundle, task, examples, options.batch, left_out);
  if (all.empty()) {
    throw Error({"probe perplexity", "an example with steps that every part can read", "none", "give shorter ones"});
  }
  ProbeResult result{
      "perplexity",
      "",
      {{"part"}, {"examples"}, {"tokens"}, {"a token", "nats"}, {"low", "nats"}, {"high", "nats"}, {"perplexity"}},
      {},
      {}};
  for (const auto& [part, surprises] : all) {
    std::int64_t tokens = 0;
    for (const Surprise& one : surprises) tokens += one.tokens;
    const double nats = nats_a_token(surprises);
    const auto [low, high] = interval(surprises, options);
    result.rows.push_back({part, surprises.size(), tokens, nats, low, high, std::exp(nats)});
  }
  result.conclusion = "The next sentence, told by each part of the model";
  if (left_out > 0) result.conclusion += "; " + std::to_string(left_out) + " examples were too long";
  result.conclusion += ".";
  return result;
}

}  // namespace noema
