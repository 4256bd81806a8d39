#include "inspect/probes/sentences.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "decoding/writing.h"

namespace noema {

void check(const SentenceOptions& options, const std::string& where) {
  constexpr std::int64_t kMaxBatch = 4096;
  constexpr int kMaxTokens = 1 << 16;
  if (options.batch < 1 || options.batch > kMaxBatch) {
    throw Error({where + ": batch", "a whole number from 1 to 4096", std::to_string(options.batch), ""});
  }
  if (options.max_tokens < 1 || options.max_tokens > kMaxTokens) {
    throw Error({where + ": max_tokens", "a whole number from 1 to 65536", std::to_string(options.max_tokens), ""});
  }
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

TokenIds line_tokens(const Tokenizer& tokenizer, std::string_view text) {
  return tokenizer.encode(one_line(text) + "\n");
}

const Autoencoder& semantic_autoencoder(const Bundle& bundle) {
  const auto found = bundle.autoencoders.find("semantic");
  if (found != bundle.autoencoders.end() && found->second && !found->second->config().encoder->is_contextual()) {
    return *found->second;
  }
  throw Error({bundle.where, "a bundle with the part \"semantic\", which embeds a sentence by itself", "none",
               "train an autoencoder stage with embedding = \"semantic\""});
}

std::int64_t max_text(const Autoencoder& autoencoder) { return autoencoder.config().model.transformer.max_positions; }

torch::Tensor embed_sentences(const Bundle& bundle, const std::vector<std::string>& texts,
                              const SentenceOptions& options) {
  const Autoencoder& autoencoder = semantic_autoencoder(bundle);
  const std::int64_t longest = max_text(autoencoder);
  const auto reader = autoencoder.encoder().begin(pad({}));  // a semantic encoder does not look at questions
  std::vector<torch::Tensor> embedded = {torch::zeros({0, autoencoder.latent_width()})};
  std::vector<TokenIds> spans;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (one_line(texts[i]).find_first_not_of(' ') == std::string::npos) {
      throw Error({"sentence " + std::to_string(i + 1), "some text", "nothing", "give a sentence"});
    }
    spans.push_back(line_tokens(*bundle.tokenizer, texts[i]));
    if (static_cast<std::int64_t>(spans.back().size()) > longest) {
      throw Error({"sentence " + std::to_string(i + 1), "at most " + std::to_string(longest) + " tokens",
                   std::to_string(spans.back().size()), "give a shorter sentence"});
    }
    if (static_cast<std::int64_t>(spans.size()) < options.batch && i + 1 < texts.size()) continue;
    embedded.push_back(reader->read(spans));
    spans.clear();
  }
  return torch::cat(embedded);
}

std::vector<DecodedSentence> decode_sentences(const Autoencoder& autoencoder, const Tokenizer& tokenizer,
                                              const torch::Tensor& z, const SentenceOptions& options) {
  check_embeddings(z, autoencoder.latent_width(), "decode_sentences");
  std::vector<DecodedSentence> decoded;
  for (std::int64_t first = 0; first < z.size(0); first += options.batch) {
    const std::int64_t count = std::min(options.batch, z.size(0) - first);
    const std::vector<Random*> nobody(static_cast<std::size_t>(count), nullptr);  // greedy: nothing is drawn
    for (const auto& sentence : write_sentences(autoencoder.decoder(), z.narrow(0, first, count), {}, nobody,
                                                tokenizer.newline(), options.max_tokens)) {
      decoded.push_back({tokenizer.decode(sentence.tokens), sentence.probability(), sentence.entropy()});
    }
  }
  return decoded;
}

void check_embeddings(const torch::Tensor& z, std::int64_t width, const std::string& where) {
  if (!z.defined() || z.dim() != 2 || z.size(1) != width) {
    throw Error({where, "embeddings [N," + std::to_string(width) + "]",
                 z.defined() ? "a tensor of " + std::to_string(z.dim()) + " dimensions, the last one " +
                                   std::to_string(z.dim() > 0 ? z.size(-1) : 0)
                             : "none",
                 "the embeddings come from another model"});
  }
  if (!z.isfinite().all().item<bool>()) throw Error({where, "finite embeddings", "NaN or infinity", ""});
}

torch::Tensor stack_concepts(const std::vector<torch::Tensor>& concepts, std::int64_t width, const std::string& where) {
  std::vector<torch::Tensor> rows = {torch::zeros({0, width})};
  for (const torch::Tensor& z : concepts) {
    rows.push_back(z.unsqueeze(0).to(torch::kFloat32));
    check_embeddings(rows.back(), width, where);
  }
  return torch::cat(rows);
}

std::size_t for_each_batch(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                           std::int64_t size, std::int64_t max_tokens,
                           const std::function<void(const ExampleBatch&)>& use) {
  std::size_t left_out = 0;
  ExampleBatch batch;
  std::vector<TokenizedReasoning> reasonings;
  for (std::size_t example = 0; example < examples.size(); ++example) {
    const std::vector<std::string> steps = task.reasoning(examples[example]);
    TokenizedReasoning reasoning{line_tokens(*bundle.tokenizer, examples[example].question), {}};
    for (const auto& step : steps) reasoning.steps.push_back(line_tokens(*bundle.tokenizer, step));
    if (steps.empty() || reasoning.tokens() > max_tokens) {
      ++left_out;
    } else {
      for (std::size_t step = 0; step < steps.size(); ++step) {
        batch.places.push_back({example, step});
        batch.steps.push_back(one_line(steps[step]));
      }
      reasonings.push_back(std::move(reasoning));
    }
    const bool is_full = static_cast<std::int64_t>(reasonings.size()) >= size || example + 1 == examples.size();
    if (!is_full || reasonings.empty()) continue;
    batch.tokens = make_batch(reasonings);
    use(batch);
    batch = {};
    reasonings.clear();
  }
  return left_out;
}

}  // namespace noema
