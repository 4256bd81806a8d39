#include "apps/bench/quality.h"

#include <torch/torch.h>

#include <cmath>

#include "apps/loaded_model.h"
#include "apps/output.h"

namespace noema {
namespace {

// Plain English on several subjects, for models that know no task of ours.
const char* const kText =
    "The lighthouse had stood on the rock for two hundred years before anybody thought of counting the ships. "
    "Water boils at a lower temperature on a mountain, because there is less air above it to press down on it. "
    "She opened the letter, read it twice, and put it back into the drawer without saying a word to her brother. "
    "A sorted list can be searched by halving: compare with the middle, and go on in the half that is left. "
    "In spring the river carries so much snow from the hills that the lower fields are under water until May. "
    "The committee will meet again on Thursday to decide whether the bridge should be repaired or replaced. "
    "Most of the energy in a cell is kept in small molecules that can be broken down wherever it is needed. "
    "He learned to cook from his grandmother, who never measured anything and always knew when it was enough. "
    "If you want to grow tomatoes on a balcony, give them a large pot, plenty of sun, and water every evening. "
    "The first computers filled whole rooms, and a moth in one of the switches could stop them for a day. "
    "Nobody in the village remembered who had planted the old walnut tree behind the church, or when.";

constexpr int kStories = 24;

/// Log-probability of each next token, and the first choices.
struct Predictions {
  double nats = 0.0;
  std::int64_t tokens = 0;
  std::vector<torch::Tensor> choices;
};

std::vector<std::string> texts(const LoadedModel& model) {
  const auto& generator = model.task->generator();
  if (!generator) return {kText};
  std::vector<std::string> all;
  for (std::uint64_t i = 0; i < kStories; ++i) {
    const Example example = generator->generate(2, i);
    std::string text = example.question;
    for (const std::string& step : model.task->reasoning(example)) text += "\n" + step;
    all.push_back(std::move(text));
  }
  return all;
}

Predictions predict(const LoadedModel& model) {
  const LanguageModel& chain = model.bundle.need_chain();
  Predictions all;
  for (const std::string& text : texts(model)) {
    const auto ids = model.bundle.tokenizer->encode(text + "\n");
    const auto count = static_cast<std::int64_t>(ids.size()) - 1;
    const torch::Tensor tokens = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end())).view({1, -1});
    const Positions at = causal_positions({count}, count, torch::kCPU);
    const torch::Tensor hidden = chain.hidden(chain.embed(tokens.narrow(1, 0, count)), {at});
    const torch::Tensor scores = chain.logits(hidden, {at})[0].log_softmax(-1);
    all.nats -= scores.gather(1, tokens[0].narrow(0, 1, count).unsqueeze(1)).sum().item<double>();
    all.tokens += count;
    all.choices.push_back(scores.argmax(-1));
  }
  return all;
}

}  // namespace

nlohmann::json compare_with_fp32(const std::string& name, const std::string& precision) {
  const c10::InferenceMode inference;
  const LoadedModel exact = load_model({name, "fp32"});
  if (!exact.bundle.chain) return nullptr;
  const Predictions expected = predict(exact), found = predict(load_model({name, precision}));
  const torch::Tensor agree = torch::cat(found.choices) == torch::cat(expected.choices);
  const auto tokens = static_cast<double>(expected.tokens);
  return {{"precision", precision},
          {"tokens", expected.tokens},
          {"perplexity", std::exp(found.nats / tokens)},
          {"perplexity_fp32", std::exp(expected.nats / tokens)},
          {"agreement", agree.to(torch::kFloat64).mean().item<double>()}};
}

std::string quality_line(const nlohmann::json& quality) {
  if (quality.is_null()) return "no chain part, no predictions to compare";
  return quality["precision"].get<std::string>() + ": perplexity " + number(quality["perplexity"].get<double>(), 4) +
         " (fp32 " + number(quality["perplexity_fp32"].get<double>(), 4) + "), first choices agree on " +
         number(100.0 * quality["agreement"].get<double>(), 2) + "% of " +
         std::to_string(quality["tokens"].get<int>()) + " tokens";
}

}  // namespace noema
