#include "inspect/interventions/steering.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace noema {
namespace {

constexpr std::size_t kMostTokens = 64;

TokenIds tokenized(const Bundle& bundle, std::string_view sentence) {
  if (sentence.find_first_not_of(" \t\n") == std::string_view::npos || sentence.find('\n') != std::string_view::npos) {
    throw Error({"sentence", "one line of text", "none or several", ""});
  }
  TokenIds ids = bundle.tokenizer->encode(std::string(sentence) + "\n");
  if (ids.size() > kMostTokens) {
    throw Error({"sentence", "at most " + std::to_string(kMostTokens) + " tokens", std::to_string(ids.size()), ""});
  }
  return ids;
}

/// The least probability that a token of the sentence has.
double least_probability(const torch::Tensor& logits, const torch::Tensor& tokens) {
  return logits.softmax(-1).gather(1, tokens.unsqueeze(1)).min().item<double>();
}

/// Adam (arXiv 1412.6980) on one vector.
class Adam {
 public:
  explicit Adam(double rate) : rate_(rate) {}

  torch::Tensor update(const torch::Tensor& gradient) {
    ++count_;
    first_ = first_.defined() ? 0.9 * first_ + 0.1 * gradient : 0.1 * gradient;
    second_ = second_.defined() ? 0.99 * second_ + 0.01 * gradient.square() : 0.01 * gradient.square();
    const torch::Tensor mean = first_ / (1.0 - std::pow(0.9, count_));
    return -rate_ * mean / ((second_ / (1.0 - std::pow(0.99, count_))).sqrt() + 1e-8);
  }

 private:
  double rate_;
  int count_ = 0;
  torch::Tensor first_, second_;
};

SteeredConcept descend(const Bundle& bundle, const Sentences& sentence, const torch::Tensor& start,
                       const SteeringOptions& options) {
  const c10::InferenceMode no_inference(false);
  const torch::AutoGradMode with_gradients(true);
  const SentenceDecoder& decoder = bundle.writing().decoder();
  const Readout* readout = bundle.writing().readout();
  const Sentences copies = sentence.select(torch::zeros({1 + options.samples}, torch::kLong));
  const torch::Tensor tokens = sentence.real_tokens(), all_tokens = copies.real_tokens();
  torch::Tensor z = start.detach().clone().view({1, -1});
  const double scale = z.square().mean().sqrt().item<double>();
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(options.seed);
  Adam adam(options.step * scale);
  SteeredConcept best;
  double least_loss = std::numeric_limits<double>::infinity();
  for (int i = 0; i < options.max_iterations; ++i) {
    z = z.detach().requires_grad_();
    const torch::Tensor noise = at::normal(0.0, options.noise * scale, {options.samples, z.size(1)}, generator);
    const torch::Tensor around = torch::cat({z, z + noise});  // the concept itself first
    const torch::Tensor logits = decoder.logits(around, copies);
    torch::Tensor loss = token_cross_entropy(logits, all_tokens);
    if (readout) loss = loss + readout->loss(around, copies);
    const torch::Tensor own = logits.detach().narrow(0, 0, tokens.size(0));
    const bool is_exact = (own.argmax(-1) == tokens).all().item<bool>();
    if (is_exact > best.is_exact || (is_exact == best.is_exact && loss.item<double>() < least_loss)) {
      least_loss = loss.item<double>();
      best = {{z.detach()[0], {}}, is_exact, i + 1};
    }
    if (is_exact && least_probability(logits.detach(), all_tokens) >= options.probability) break;
    if (options.cancelled && *options.cancelled) break;
    z = z.detach() + adam.update(torch::autograd::grad({loss}, {z}).front());
  }
  return best;
}

/// The same farther away from the start, where that decodes to the sentence.
SteeredConcept gone_beyond(const Bundle& bundle, const Sentences& sentence, const torch::Tensor& start, double share,
                           SteeredConcept found) {
  const torch::InferenceMode inference;
  const torch::Tensor farther = start + (1.0 + share) * (found.replacement.embedding - start);
  const auto score = score_decoding(bundle.writing().decoder(), farther.unsqueeze(0), sentence);
  if (!score.exact[0].item<bool>()) return found;
  found.replacement.embedding = farther;
  found.is_exact = true;
  return found;
}

}  // namespace

SteeredConcept concept_of(const Bundle& bundle, std::string_view sentence, const torch::Tensor& start,
                          const SteeringOptions& options) {
  if (bundle.reads != bundle.writes) {
    throw Error({"steering", "a model that reads the embeddings that it predicts",
                 "one that reads " + bundle.reads + " and writes " + bundle.writes + " embeddings",
                 "choose another model"});
  }
  const TokenIds span = tokenized(bundle, sentence);
  const Sentences tokens = pad({span});
  SteeredConcept found;
  if (!bundle.writing().config().encoder->is_contextual()) {
    const torch::Tensor z = bundle.writing().encoder().begin(pad({}))->read({span});
    found.replacement.embedding = z[0];
    found.is_exact = score_decoding(bundle.writing().decoder(), z, tokens).exact[0].item<bool>();
  } else if (bundle.precision != Precision::fp32) {
    throw Error({"steering", "a model that computes in fp32, which gradients pass", to_string(bundle.precision),
                 "load the model with --precision fp32"});
  } else {
    found = gone_beyond(bundle, tokens, start, options.beyond, descend(bundle, tokens, start, options));
  }
  const torch::InferenceMode inference;
  found.replacement.input = bundle.need_concepts().inputs(found.replacement.embedding.unsqueeze(0))[0];
  return found;
}

}  // namespace noema
