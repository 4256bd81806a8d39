#include "inspect/probes/concept_distances.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "inspect/probes/mutual_information.h"
#include "inspect/probes/retrieval.h"
#include "inspect/probes/shares.h"

namespace noema {
namespace {

/// A trajectory and its example, cut to the steps that both have and all models can read.
struct Pairing {
  const RecordedTrajectory* recorded;
  std::vector<std::string> decoded;  // texts of the concepts
  TokenizedReasoning truth, written;

  std::size_t steps() const { return truth.steps.size(); }
  const torch::Tensor& concept_at(std::size_t step) const { return recorded->trajectory.steps[step].concept_; }
};

/// How far the pairs of embeddings lie from each other.
struct Distances {
  std::vector<double> l2, cosine;

  void add(const torch::Tensor& x, const torch::Tensor& y) {
    const torch::Tensor apart = (x - y).norm(2, 1).to(torch::kFloat64).contiguous();
    const torch::Tensor alike = at::cosine_similarity(x, y, 1).to(torch::kFloat64).contiguous();
    l2.insert(l2.end(), apart.data_ptr<double>(), apart.data_ptr<double>() + apart.numel());
    cosine.insert(cosine.end(), alike.data_ptr<double>(), alike.data_ptr<double>() + alike.numel());
  }
};

/// Compares batch after batch; element n of every list is of the n-th compared step.
class Comparison {
 public:
  Comparison(const Bundle& bundle, const DistanceOptions& options)
      : bundle_(bundle), options_(options), one_space_(bundle.reads == bundle.writes) {}

  void add(std::vector<Pairing>& pairings);

  /// Rows by step, and over all.
  ProbeResult result() const;

 private:
  void add_embeddings(const std::vector<Pairing>& pairings, const torch::Tensor& rows);
  void add_likelihoods(const std::vector<Pairing>& pairings, const std::vector<std::int64_t>& rows);
  void add_row(ProbeResult& result, const std::string& name, const std::vector<std::size_t>& which,
               const std::vector<Retrieval>& retrievals) const;

  const Bundle& bundle_;
  const DistanceOptions& options_;
  bool one_space_;  // embeddings that are read and those that are predicted can be compared
  std::vector<ExampleBatch::Place> places_;
  std::vector<std::size_t> numbers_;  // equal for equal true sentences
  std::map<TokenIds, std::size_t> number_of_;
  std::vector<torch::Tensor> predicted_, truth_;  // [n,Z] each
  Distances predicted_true_, reencoded_true_, between_;
  std::vector<SentenceLikelihood> likelihoods_;
  std::size_t too_long_ = 0;  // steps
};

/// Decodes the concepts that nobody has read yet.
void decode_missing(std::vector<Pairing>& pairings, const Bundle& bundle, const SentenceOptions& options) {
  std::vector<torch::Tensor> concepts;
  std::vector<std::string*> texts;
  for (Pairing& pairing : pairings) {
    for (std::size_t step = 0; step < pairing.steps(); ++step) {
      const Step& found = pairing.recorded->trajectory.steps[step];
      pairing.decoded.push_back(one_line(found.text));
    }
    for (std::size_t step = 0; step < pairing.steps(); ++step) {
      if (pairing.recorded->trajectory.steps[step].is_written || !pairing.concept_at(step).defined()) continue;
      concepts.push_back(pairing.concept_at(step));
      texts.push_back(&pairing.decoded[step]);
    }
  }
  if (concepts.empty()) return;
  const Autoencoder& autoencoder = bundle.writing();
  const torch::Tensor z = stack_concepts(concepts, autoencoder.latent_width(), "roundtrip");
  const auto decoded = decode_sentences(autoencoder, *bundle.tokenizer, z, options);
  for (std::size_t i = 0; i < texts.size(); ++i) *texts[i] = decoded[i].text;
}

std::int64_t longest_text(const Bundle& bundle) {
  std::int64_t longest = std::min(max_text(bundle.reading()), max_text(bundle.writing()));
  if (bundle.chain) longest = std::min(longest, bundle.chain->config().transformer.max_positions);
  return longest;
}

/// Tokens of the decoded texts; both sides lose their last steps until they can be read. Gives how many.
std::size_t tokenize_and_cut(std::vector<Pairing>& pairings, const Bundle& bundle) {
  const std::int64_t longest = longest_text(bundle);
  std::size_t cut = 0;
  for (Pairing& pairing : pairings) {
    pairing.written.question = pairing.truth.question;
    for (const std::string& text : pairing.decoded) {
      pairing.written.steps.push_back(line_tokens(*bundle.tokenizer, text));
    }
    while (pairing.steps() > 0 && std::max(pairing.truth.tokens(), pairing.written.tokens()) > longest) {
      pairing.truth.steps.pop_back();
      pairing.written.steps.pop_back();
      ++cut;
    }
  }
  std::erase_if(pairings, [](const Pairing& pairing) { return pairing.steps() == 0; });
  return cut;
}

void Comparison::add(std::vector<Pairing>& pairings) {
  decode_missing(pairings, bundle_, options_.sentences);
  too_long_ += tokenize_and_cut(pairings, bundle_);
  std::vector<std::int64_t> rows;  // of the steps with a concept, among all steps of the batch
  std::int64_t row = 0;
  for (const Pairing& pairing : pairings) {
    for (std::size_t step = 0; step < pairing.steps(); ++step, ++row) {
      if (!pairing.concept_at(step).defined()) continue;
      rows.push_back(row);
      places_.push_back({pairing.recorded->id, step});
      numbers_.push_back(number_of_.try_emplace(pairing.truth.steps[step], number_of_.size()).first->second);
    }
  }
  if (rows.empty()) return;
  if (static_cast<std::int64_t>(places_.size()) > options_.max_steps) {
    throw Error({"roundtrip", "at most " + std::to_string(options_.max_steps) + " steps", "more",
                 "give fewer trajectories, or allow more steps"});
  }
  add_embeddings(pairings, torch::tensor(rows, torch::kLong));
  if (bundle_.chain) add_likelihoods(pairings, rows);
}

void Comparison::add_embeddings(const std::vector<Pairing>& pairings, const torch::Tensor& rows) {
  std::vector<TokenizedReasoning> true_texts, written_texts;
  std::vector<torch::Tensor> concepts;
  for (const Pairing& pairing : pairings) {
    true_texts.push_back(pairing.truth);
    written_texts.push_back(pairing.written);
    for (std::size_t step = 0; step < pairing.steps(); ++step) {
      if (pairing.concept_at(step).defined()) concepts.push_back(pairing.concept_at(step));
    }
  }
  const auto embed = [&](const Autoencoder& autoencoder, const std::vector<TokenizedReasoning>& texts) {
    return autoencoder.encoder().encode(make_batch(texts)).mean.index_select(0, rows).to(torch::kFloat32);
  };
  const torch::Tensor predicted = stack_concepts(concepts, bundle_.writing().latent_width(), "roundtrip");
  const torch::Tensor truth = embed(bundle_.writing(), true_texts);
  const torch::Tensor reencoded = embed(bundle_.reading(), written_texts);
  predicted_true_.add(predicted, truth);
  reencoded_true_.add(reencoded, one_space_ ? truth : embed(bundle_.reading(), true_texts));
  if (one_space_) between_.add(predicted, reencoded);
  predicted_.push_back(predicted);
  truth_.push_back(truth);
}

void Comparison::add_likelihoods(const std::vector<Pairing>& pairings, const std::vector<std::int64_t>& rows) {
  std::vector<TokenizedReasoning> written;
  for (const Pairing& pairing : pairings) written.push_back(pairing.written);
  const auto all = sentence_likelihoods(*bundle_.chain, written, bundle_.tokenizer->newline());
  for (const std::int64_t row : rows) likelihoods_.push_back(all[static_cast<std::size_t>(row)]);
}

double mean(const std::vector<double>& values, const std::vector<std::size_t>& which) {
  double sum = 0.0;
  for (const std::size_t i : which) sum += values[i];
  return sum / static_cast<double>(which.size());
}

/// Mean over the sentences, each weighing as much as it has tokens; null without a language model.
nlohmann::json mean_information(const std::vector<SentenceLikelihood>& likelihoods,
                                const std::vector<std::size_t>& which) {
  if (likelihoods.empty()) return nullptr;
  double nats = 0.0, tokens = 0.0;
  for (const std::size_t i : which) {
    nats += likelihoods[i].in_context - likelihoods[i].alone;
    tokens += static_cast<double>(likelihoods[i].tokens);
  }
  return nats / tokens;
}

void Comparison::add_row(ProbeResult& result, const std::string& name, const std::vector<std::size_t>& which,
                         const std::vector<Retrieval>& retrievals) const {
  std::vector<nlohmann::json> row = {name, which.size()};
  for (const Distances* distances : {&predicted_true_, &reencoded_true_, &between_}) {
    const bool are_measured = !distances->l2.empty();
    row.push_back(are_measured ? nlohmann::json(mean(distances->l2, which)) : nlohmann::json());
    row.push_back(are_measured ? nlohmann::json(mean(distances->cosine, which)) : nlohmann::json());
  }
  double right = 0.0, contrastive = 0.0, contrasted = 0.0;
  for (const std::size_t i : which) {
    right += retrievals[i].nearest_is_right;
    contrastive += retrievals[i].contrastive.value_or(0.0);
    contrasted += retrievals[i].contrastive.has_value();
  }
  add_share(row, right, static_cast<double>(which.size()));
  row.push_back(contrasted > 0.0 ? nlohmann::json(contrastive / contrasted) : nlohmann::json());
  row.push_back(mean_information(likelihoods_, which));
  result.rows.push_back(std::move(row));
  if (name != "all") return;
  result.conclusion = "The true embedding nearest to a concept is that of the right sentence at " +
                      share_text(right, static_cast<double>(which.size())) + " of " + std::to_string(which.size()) +
                      " steps.";
  if (too_long_ > 0)
    result.conclusion += " Steps left out, too long for the models: " + std::to_string(too_long_) + ".";
}

ProbeResult Comparison::result() const {
  constexpr std::size_t kStepsShown = 12;
  if (places_.empty()) {
    throw Error({"roundtrip", "trajectories with concepts and known true steps", "none",
                 "reason in continuous mode about questions whose file has their steps"});
  }
  ProbeResult result;
  result.probe = "distances";
  result.columns = {{"step"},
                    {"n"},
                    {"l2_predicted"},
                    {"cosine_predicted"},
                    {"l2_reencoded"},
                    {"cosine_reencoded"},
                    {"l2_between"},
                    {"cosine_between"},
                    {"nearest_right", "share"},
                    {"nearest_right_low", "share"},
                    {"nearest_right_high", "share"},
                    {"contrastive", "share"},
                    {"mutual_information", "nats"}};
  result.charts = {{"step", "cosine_predicted"},
                   {"step", "cosine_reencoded"},
                   {"step", "nearest_right", "nearest_right_low", "nearest_right_high"}};
  const auto retrievals = retrieve(torch::cat(predicted_), torch::cat(truth_), numbers_, places_);
  std::map<std::size_t, std::vector<std::size_t>> by_step;
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    by_step[std::min(places_[i].step, kStepsShown)].push_back(i);
    all.push_back(i);
  }
  for (const auto& [step, which] : by_step) {
    add_row(result, std::to_string(step + 1) + (step == kStepsShown ? "+" : ""), which, retrievals);
  }
  add_row(result, "all", all, retrievals);
  return result;
}

/// The trajectory and its example; without tokens of what was decoded yet.
Pairing pair_up(const RecordedTrajectory& recorded, const std::vector<Example>& examples, const Task& task,
                const Tokenizer& tokenizer) {
  const Trajectory& trajectory = recorded.trajectory;
  if (recorded.id >= examples.size() || trajectory.question != examples[recorded.id].question) {
    throw Error({"roundtrip", "trajectories of the examples",
                 "another question at number " + std::to_string(recorded.id),
                 "give the data file that was reasoned about"});
  }
  const Example& example = examples[recorded.id];
  Pairing pairing{&recorded, {}, {line_tokens(tokenizer, example.question), {}}, {}};
  std::vector<std::string> steps = task.reasoning(example);
  steps.resize(std::min(steps.size(), trajectory.steps.size()));
  for (const std::string& step : steps) pairing.truth.steps.push_back(line_tokens(tokenizer, step));
  return pairing;
}

}  // namespace

ProbeResult concept_distances(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                              const std::vector<RecordedTrajectory>& trajectories, const DistanceOptions& options) {
  const torch::InferenceMode inference;
  check(options.sentences, "roundtrip");
  bundle.reading();  // what is missing is said before any work
  bundle.writing();
  Comparison comparison(bundle, options);
  std::vector<Pairing> pairings;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    pairings.push_back(pair_up(trajectories[i], examples, task, *bundle.tokenizer));
    const bool is_full = static_cast<std::int64_t>(pairings.size()) >= options.sentences.batch;
    if (!is_full && i + 1 < trajectories.size()) continue;
    comparison.add(pairings);
    pairings.clear();
  }
  return comparison.result();
}

}  // namespace noema
