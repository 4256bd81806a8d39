#include "sentence_vae/shared_prefix.h"

#include <torch/torch.h>

#include "base/error.h"

namespace noema {

KvCache read_prefixes(const LanguageModel& model, const SharedPrefixes& prefixes, std::int64_t rows, std::int64_t slots,
                      ComputeObserver* observer, std::optional<std::int64_t> layers) {
  const Sentences& texts = prefixes.texts;
  if (texts.count() == 0) return model.make_cache(rows, slots);
  KvCache cache = model.make_cache(texts.count(), texts.width() + slots);
  const Positions at = cache.extend(texts.lengths, texts.width(), Padding::left);
  model.hidden(model.embed(texts.ids), {at, &cache, observer, layers});
  cache.keep(prefixes.of_row);
  return cache;
}

torch::Tensor hidden_after(const LanguageModel& model, const SharedPrefixes& prefixes, const torch::Tensor& embeddings,
                           const std::vector<std::int64_t>& questions, const std::vector<std::int64_t>& lengths,
                           ComputeObserver* observer, std::optional<std::int64_t> layers) {
  const std::int64_t width = embeddings.size(1);
  const TransformerConfig::Mask mask = model.config().transformer.mask;
  if (prefixes.texts.count() == 0) {  // no cache, no mask
    const Positions at = question_positions(mask, questions, lengths, width, embeddings.device());
    return model.hidden(embeddings, {at, nullptr, observer, layers});
  }
  if (mask == TransformerConfig::Mask::prefix) {
    throw Error({"questions that share a text", "a causal model", "one with a prefix mask", "leave out the siblings"});
  }
  KvCache cache = read_prefixes(model, prefixes, embeddings.size(0), width, observer, layers);
  const Positions at = cache.extend(lengths, width, Padding::right);
  return model.hidden(embeddings, {at, &cache, observer, layers});
}

}  // namespace noema
