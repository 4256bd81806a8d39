#include "inspect/probes/roundtrip.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

#include "base/error.h"
#include "inspect/probes/shares.h"
#include "inspect/probes/text_distance.h"

namespace noema {
namespace {

struct Tally {
  double n = 0.0, exact = 0.0, bleu = 0.0, edit = 0.0;

  void add(const std::string& decoded, const std::string& truth) {
    n += 1.0;
    exact += decoded == truth;
    bleu += sentence_bleu(decoded, truth);
    edit += edit_distance(decoded, truth);
  }
};

struct Bucket {
  const char* name;
  std::int64_t longest;  // in tokens
};
constexpr std::array<Bucket, 4> kBuckets = {{{"1-4", 4}, {"5-8", 8}, {"9-12", 12}, {"13+", INT64_MAX}}};
constexpr const char* kAll = "all";

/// The tallies of one autoencoder, the last one over all lengths.
struct Tallies {
  std::array<Tally, kBuckets.size()> by_length;
  Tally all;

  void add(std::int64_t tokens, const std::string& decoded, const std::string& truth) {
    std::size_t bucket = 0;
    while (tokens > kBuckets[bucket].longest) ++bucket;
    by_length[bucket].add(decoded, truth);
    all.add(decoded, truth);
  }
};

void add_row(ProbeResult& result, const std::string& autoencoder, const char* tokens, const Tally& tally) {
  if (tally.n == 0.0) return;
  std::vector<nlohmann::json> row = {autoencoder, tokens, static_cast<std::int64_t>(tally.n)};
  add_share(row, tally.exact, tally.n);
  row.insert(row.end(), {tally.bleu / tally.n, tally.edit / tally.n});
  result.rows.push_back(std::move(row));
}

ProbeResult to_result(const std::map<std::string, Tallies>& tallies, std::size_t left_out) {
  ProbeResult result;
  result.probe = "roundtrip";
  result.columns = {
      {"autoencoder"}, {"tokens"},       {"n"}, {"exact", "share"}, {"exact_low", "share"}, {"exact_high", "share"},
      {"bleu"},        {"edit_distance"}};
  result.charts = {{"tokens", "exact", "exact_low", "exact_high", {"autoencoder"}},
                   {"tokens", "bleu", {}, {}, {"autoencoder"}},
                   {"tokens", "edit_distance", {}, {}, {"autoencoder"}}};
  for (const auto& [name, tally] : tallies) {
    for (std::size_t i = 0; i < kBuckets.size(); ++i) add_row(result, name, kBuckets[i].name, tally.by_length[i]);
    add_row(result, name, kAll, tally.all);
    if (!result.conclusion.empty()) result.conclusion += "; ";
    result.conclusion += name + ": " + share_text(tally.all.exact, tally.all.n) + " of " +
                         std::to_string(static_cast<std::int64_t>(tally.all.n)) + " sentences come back exactly";
  }
  result.conclusion += ".";
  if (left_out > 0)
    result.conclusion += " Examples left out, too long or without steps: " + std::to_string(left_out) + ".";
  return result;
}

}  // namespace

ProbeResult reconstruction(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                           const SentenceOptions& options) {
  const torch::InferenceMode inference;
  check(options, "roundtrip");
  if (bundle.autoencoders.empty()) {
    throw Error(
        {bundle.where, "a bundle with a part \"semantic\" or \"contextual\"", "none", "train an autoencoder stage"});
  }
  std::int64_t longest = INT64_MAX;  // all autoencoders are measured on the same sentences
  for (const auto& [name, autoencoder] : bundle.autoencoders) longest = std::min(longest, max_text(*autoencoder));
  std::map<std::string, Tallies> tallies;
  const auto measure = [&](const ExampleBatch& batch) {
    for (const auto& [name, autoencoder] : bundle.autoencoders) {
      const torch::Tensor z = autoencoder->encoder().encode(batch.tokens).mean;
      const auto decoded = decode_sentences(*autoencoder, *bundle.tokenizer, z, options);
      for (std::size_t i = 0; i < decoded.size(); ++i) {
        tallies[name].add(batch.tokens.steps.lengths[i], decoded[i].text, batch.steps[i]);
      }
    }
  };
  const std::size_t left_out = for_each_batch(bundle, task, examples, options.batch, longest, measure);
  if (tallies.empty()) {
    throw Error({"roundtrip", "examples with steps, of at most " + std::to_string(longest) + " tokens", "none",
                 "choose another data file"});
  }
  return to_result(tallies, left_out);
}

std::vector<ProbeResult> roundtrip(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                                   const std::vector<RecordedTrajectory>& trajectories,
                                   const DistanceOptions& options) {
  std::vector<ProbeResult> results = {reconstruction(bundle, task, examples, options.sentences)};
  if (!trajectories.empty()) results.push_back(concept_distances(bundle, task, examples, trajectories, options));
  return results;
}

}  // namespace noema
