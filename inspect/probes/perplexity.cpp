#include "inspect/probes/perplexity.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"
#include "inspect/probes/mutual_information.h"
#include "inspect/probes/sentences.h"
#include "inspect/records/interval.h"

namespace noema {
namespace {

/// By part, for each example that was read: nats, and over how many tokens.
using Surprises = std::map<std::string, std::vector<UnitSum>>;

/// Adds the steps of a batch to their examples, which are the last ones of `all`.
void add_sentences(std::vector<UnitSum>& all, const ExampleBatch& batch, const torch::Tensor& logits /*[M,V]*/) {
  const torch::Tensor tokens = batch.tokens.steps.real_tokens().to(logits.device());
  const torch::Tensor nats = -logits.to(torch::kFloat32)
                                  .log_softmax(-1)
                                  .gather(1, tokens.unsqueeze(1))
                                  .squeeze(1)
                                  .to(torch::kCPU, torch::kDouble);
  std::int64_t token = 0, step = 0;
  for (const std::int64_t count : batch.tokens.step_counts) {
    UnitSum& example = all.emplace_back();
    for (const std::int64_t end = step + count; step < end; ++step) {
      const std::int64_t length = batch.tokens.steps.lengths[static_cast<std::size_t>(step)];
      example.sum += nats.narrow(0, token, length).sum().item<double>();
      example.n += static_cast<double>(length);
      token += length;
    }
  }
}

void add_chain(std::vector<UnitSum>& all, const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
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
    UnitSum& example = all.emplace_back();
    for (std::size_t i = 0; i < text.steps.size(); ++i, ++sentence) {
      example.sum -= likelihoods[sentence].in_context;
      example.n += static_cast<double>(likelihoods[sentence].tokens);
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
    UnitSum all_of_it;
    for (const UnitSum& one : surprises) {
      all_of_it.sum += one.sum;
      all_of_it.n += one.n;
    }
    const double nats = all_of_it.sum / all_of_it.n;
    const auto [low, high] = bootstrap(surprises);
    result.rows.push_back(
        {part, surprises.size(), static_cast<std::int64_t>(all_of_it.n), nats, low, high, std::exp(nats)});
  }
  result.conclusion = "The next sentence, told by each part of the model";
  if (left_out > 0) result.conclusion += "; " + std::to_string(left_out) + " examples were too long";
  result.conclusion += ".";
  return result;
}

}  // namespace noema
