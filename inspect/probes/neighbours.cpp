#include "inspect/probes/neighbours.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "base/error.h"
#include "inspect/probes/auroc.h"
#include "inspect/probes/shares.h"

namespace noema {
namespace {

constexpr std::int64_t kCosineCells = 1 << 22;  // of a table of cosines: 16 MB
constexpr double kShortest = 1e-12;             // keeps a zero vector from being divided by its length
constexpr double kRounding = 1e-6;              // distances below are none: the same vector twice

double outlyingness_of(double cosine) {
  const double distance = 1.0 - cosine;
  return distance < kRounding ? 0.0 : distance;
}

/// How many rows of a table with `columns` columns are worked on together.
std::int64_t rows_together(std::int64_t columns) { return std::clamp<std::int64_t>(kCosineCells / columns, 1, 512); }

void check(const NeighbourOptions& options) {
  const auto expect = [](const char* name, std::int64_t value, std::int64_t low, std::int64_t high) {
    if (value >= low && value <= high) return;
    throw Error({std::string("neighbours: ") + name,
                 "a whole number from " + std::to_string(low) + " to " + std::to_string(high), std::to_string(value),
                 ""});
  };
  expect("batch", options.batch, 1, 4096);
  expect("max_sentences", options.max_sentences, 2, 10'000'000);
  expect("reference", options.reference, 1, 1'000'000);
}

}  // namespace

NeighbourIndex NeighbourIndex::build(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                                     const NeighbourOptions& options) {
  const torch::InferenceMode inference;
  check(options);
  const Autoencoder& autoencoder = bundle.writing();
  NeighbourIndex index;
  std::vector<torch::Tensor> embedded;
  std::unordered_map<std::string, std::size_t> text_of;
  const auto add = [&](const ExampleBatch& batch) {
    if (static_cast<std::int64_t>(index.entries_.size() + batch.steps.size()) > options.max_sentences) {
      throw Error({"neighbours", "at most " + std::to_string(options.max_sentences) + " sentences", "more",
                   "index fewer examples, or allow more sentences"});
    }
    embedded.push_back(autoencoder.encoder().encode(batch.tokens).mean);
    for (std::size_t i = 0; i < batch.steps.size(); ++i) {
      const auto [found, is_new] = text_of.try_emplace(batch.steps[i], index.texts_.size());
      if (is_new) index.texts_.push_back(batch.steps[i]);
      index.entries_.push_back({found->second, batch.places[i]});
    }
  };
  index.left_out_ = for_each_batch(bundle, task, examples, options.batch, max_text(autoencoder), add);
  if (index.entries_.size() < 2) {
    throw Error({"neighbours", "at least two sentences that fit the encoder", std::to_string(index.entries_.size()),
                 "index more examples"});
  }
  index.z_ = torch::cat(embedded).to(torch::kFloat32);
  index.lengths_ = index.z_.norm(2, 1).clamp_min(kShortest);
  index.measure(options.reference);
  return index;
}

torch::Tensor NeighbourIndex::cosines(const torch::Tensor& z) const {
  const torch::Tensor x = z.to(torch::kFloat32);
  return at::matmul(x / x.norm(2, 1, true).clamp_min(kShortest), z_.t()).div_(lengths_).contiguous();  // [N,size]
}

/// Finds out how far a sentence of the index usually lies from its nearest other one.
void NeighbourIndex::measure(std::int64_t reference) {
  const std::int64_t count = std::min(reference, size());
  for (std::int64_t first = 0; first < count; first += rows_together(size())) {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = first; i < std::min(count, first + rows_together(size())); ++i) {
      rows.push_back(i * size() / count);  // spread over the whole index
    }
    const torch::Tensor itself = torch::tensor(rows, torch::kLong).unsqueeze(1);
    const torch::Tensor others = cosines(z_.index_select(0, itself.squeeze(1))).scatter(1, itself, -2.0);
    const torch::Tensor nearest = std::get<0>(others.max(1)).to(torch::kFloat64);
    for (std::int64_t i = 0; i < nearest.size(0); ++i) usual_.push_back(outlyingness_of(nearest[i].item<double>()));
  }
  std::sort(usual_.begin(), usual_.end());
}

double NeighbourIndex::quantile(double outlyingness) const {
  const auto below = std::lower_bound(usual_.begin(), usual_.end(), outlyingness) - usual_.begin();
  return static_cast<double>(below) / static_cast<double>(usual_.size());
}

/// The entries with the largest of the cosines [size], for each text only its best one.
std::vector<std::size_t> NeighbourIndex::nearest(const float* cosines, std::size_t count) const {
  constexpr auto kNone = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> best(texts_.size(), kNone);
  for (std::size_t entry = 0; entry < entries_.size(); ++entry) {
    std::size_t& of_text = best[entries_[entry].text];
    if (of_text == kNone || cosines[entry] > cosines[of_text]) of_text = entry;
  }
  const auto end = best.begin() + static_cast<std::ptrdiff_t>(std::min(count, best.size()));
  std::partial_sort(best.begin(), end, best.end(), [&](std::size_t a, std::size_t b) {
    return cosines[a] != cosines[b] ? cosines[a] > cosines[b] : a < b;
  });
  best.erase(end, best.end());
  return best;
}

std::vector<Neighbourhood> NeighbourIndex::query(const torch::Tensor& z, std::int64_t k) const {
  const torch::InferenceMode inference;
  check_embeddings(z, width(), "neighbours");
  if (k < 1) throw Error({"neighbours: k", "at least one neighbour", std::to_string(k), ""});
  std::vector<Neighbourhood> found;
  for (std::int64_t first = 0; first < z.size(0); first += rows_together(size())) {
    const torch::Tensor block = z.narrow(0, first, std::min(rows_together(size()), z.size(0) - first));
    const torch::Tensor table = cosines(block);
    for (std::int64_t row = 0; row < block.size(0); ++row) {
      const float* cosines = table.data_ptr<float>() + row * size();
      Neighbourhood around;
      for (const std::size_t entry : nearest(cosines, static_cast<std::size_t>(k))) {
        around.nearest.push_back({texts_[entries_[entry].text], cosines[entry], entries_[entry].place});
      }
      around.outlyingness = outlyingness_of(around.nearest.front().cosine);
      around.quantile = quantile(around.outlyingness);
      found.push_back(std::move(around));
    }
  }
  return found;
}

namespace {

/// What is counted over all steps and trajectories.
struct Findings {
  double decoded = 0.0, same = 0.0;  // steps with a text, and with that of the nearest sentence
  std::vector<double> wrong, right;  // largest outlyingness of each judged trajectory
};

std::vector<Neighbourhood> around_concepts(const Trajectory& trajectory, const NeighbourIndex& index) {
  std::vector<torch::Tensor> concepts;
  for (const Step& step : trajectory.steps) {
    if (step.concept_.defined()) concepts.push_back(step.concept_);
  }
  if (concepts.empty()) return {};
  return index.query(stack_concepts(concepts, index.width(), "neighbours"));
}

void add_rows(const RecordedTrajectory& recorded, const std::vector<Neighbourhood>& around, Findings& findings,
              std::vector<std::vector<nlohmann::json>>& rows) {
  std::size_t concepts = 0;
  double largest = 0.0;
  for (std::size_t i = 0; i < recorded.trajectory.steps.size(); ++i) {
    const Step& step = recorded.trajectory.steps[i];
    if (!step.concept_.defined()) continue;
    const Neighbourhood& neighbourhood = around[concepts++];
    const Neighbour& nearest = neighbourhood.nearest.front();
    largest = std::max(largest, neighbourhood.outlyingness);
    nlohmann::json sentence, same;
    if (step.is_written) {
      sentence = step.text;
      same = step.text == nearest.text;
      findings.decoded += 1.0;
      findings.same += step.text == nearest.text;
    }
    rows.push_back({recorded.id, i + 1, sentence, nearest.text, same, nearest.cosine, neighbourhood.quantile});
  }
  if (concepts > 0 && recorded.right) (*recorded.right ? findings.right : findings.wrong).push_back(largest);
}

std::string conclusion_of(const Findings& findings) {
  const std::string same = "The nearest known sentence is the decoded one at " +
                           share_text(findings.same, findings.decoded) + " of " +
                           std::to_string(static_cast<std::int64_t>(findings.decoded)) + " decoded steps; ";
  const auto area = auroc(findings.wrong, findings.right);
  if (!area) return same + "whether distance foretells wrong answers needs both right and wrong ones.";
  return same + "the largest distance of a trajectory foretells a wrong answer with AUROC " +
         number_text(area->value, area->interval) + ", " + std::to_string(area->positives) + " wrong and " +
         std::to_string(area->negatives) + " right.";
}

}  // namespace

ProbeResult neighbours(const std::vector<RecordedTrajectory>& trajectories, const NeighbourIndex& index,
                       const NeighbourProbeOptions& options) {
  const torch::InferenceMode inference;
  if (options.max_rows < 0) {
    throw Error({"neighbours: max_rows", "0 or more", std::to_string(options.max_rows), ""});
  }
  ProbeResult result;
  result.probe = "neighbours";
  result.columns = {{"question"}, {"step"}, {"sentence"}, {"nearest"}, {"same"}, {"cosine"}, {"ood_quantile"}};
  Findings findings;
  std::size_t steps = 0;
  for (const RecordedTrajectory& recorded : trajectories) {
    std::vector<std::vector<nlohmann::json>> rows;
    add_rows(recorded, around_concepts(recorded.trajectory, index), findings, rows);
    steps += rows.size();
    for (auto& row : rows) {
      if (options.max_rows > 0 && static_cast<std::int64_t>(result.rows.size()) >= options.max_rows) break;
      result.rows.push_back(std::move(row));
    }
  }
  if (steps == 0) {
    throw Error({"neighbours", "trajectories with concepts", "none", "reason in a latent mode, such as continuous"});
  }
  result.conclusion = conclusion_of(findings);
  return result;
}

}  // namespace noema
