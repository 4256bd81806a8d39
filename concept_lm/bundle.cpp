#include "concept_lm/bundle.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "concept_lm/bundle_folder.h"
#include "concept_lm/part_kinds.h"

namespace noema {
namespace {

constexpr std::int64_t kRoomForReasoning = 32;  // tokens

/// Rounding costs accuracy, and for a small model gains nothing that anybody would notice.
Precision choose_precision(const std::filesystem::path& folder) {
  constexpr std::uintmax_t kSmall = 64 << 20;  // bytes
  std::uintmax_t largest = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) largest = std::max(largest, entry.file_size());
  }
  return largest < kSmall ? Precision::fp32 : fastest_precision();
}

Precision choose_precision(const Accelerator& accelerator) {
  return accelerator.best_dtype() == torch::kBFloat16 ? Precision::bf16 : Precision::fp32;
}

/// On the processor weights are fp32 until a kernel lays them out; an accelerator has kernels for what they are.
Weights place_weights(TensorMap tensors, const std::string& where, const Bundle& bundle) {
  if (bundle.accelerator) {
    const torch::Dtype dtype = bundle.precision == Precision::bf16 ? torch::kBFloat16 : torch::kFloat32;
    return {std::move(tensors), where, torch::dtype(dtype).device(bundle.accelerator->device())};
  }
  Weights weights(std::move(tensors), where);
  weights.compute_in(bundle.precision);
  return weights;
}

void load_part(Bundle& bundle, const std::string& name, const nlohmann::json& architecture, Weights weights,
               const std::vector<std::string>& own, const std::string& where, const ModelKinds& kinds) {
  const auto word = json_member<std::string>(architecture, "kind", where);
  if (const PartKind* kind = kinds.parts.find(word)) {
    kind->load(bundle, {name, architecture, weights, where, kinds});
    return weights.need_used(own);
  }
  throw Error({where + ": kind", one_of(kinds.parts.names()), printable(word),
               "the bundle was written by a newer version of noema"});
}

/// The parts must speak of the same tokens and the same spaces.
void check_parts(const Bundle& bundle, const std::string& where) {
  const std::int64_t vocab = bundle.tokenizer->vocab_size();
  const auto check_vocab = [&](const std::string& part, const LanguageModelConfig& config) {
    if (config.vocab_size == vocab) return;
    throw Error({where + ": " + part, "a vocabulary of " + std::to_string(vocab) + " as the tokenizer's",
                 std::to_string(config.vocab_size), "the parts come from different models"});
  };
  if (bundle.chain) check_vocab("chain", bundle.chain->config());
  for (const auto& [name, autoencoder] : bundle.autoencoders) check_vocab(name, autoencoder->config().model);
  if (!bundle.concepts) return;
  check_vocab("concept", bundle.concepts->config().model);
  const std::int64_t read = bundle.reading().latent_width(), written = bundle.writing().latent_width();
  const ConceptConfig& config = bundle.concepts->config();
  if (read == config.input_width && written == config.output_width) return;
  throw Error({where + ": concept", "embeddings of widths " + std::to_string(read) + " and " + std::to_string(written),
               std::to_string(config.input_width) + " and " + std::to_string(config.output_width),
               "the parts come from different models"});
}

template <typename Part>
const Part& need(const std::shared_ptr<const Part>& part, const Bundle& bundle, const std::string& name) {
  if (part) return *part;
  throw Error({bundle.where, "a bundle with the part \"" + name + "\"", "none",
               "choose another mode, or train the stage that makes it"});
}

const Autoencoder& need_autoencoder(const Bundle& bundle, const std::string& name) {
  const auto found = bundle.autoencoders.find(name);
  return need(found == bundle.autoencoders.end() ? nullptr : found->second, bundle, name);
}

}  // namespace

const LanguageModel& Bundle::need_chain() const { return need(chain, *this, "chain"); }
const ConceptModel& Bundle::need_concepts() const { return need(concepts, *this, "concept"); }
const StopHead& Bundle::need_stop() const { return need(stop, *this, "stop"); }
const Autoencoder& Bundle::reading() const { return need_autoencoder(*this, reads); }
const Autoencoder& Bundle::writing() const { return need_autoencoder(*this, writes); }

TokenIds Bundle::tokenize_question(std::string_view question) const {
  std::string line(question);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  const auto last = line.find_last_not_of(" \t");
  if (last == std::string::npos) throw Error({"question", "some text", "nothing", "type a question"});
  line.resize(last + 1);
  line.erase(0, line.find_first_not_of(" \t"));
  TokenIds ids = tokenizer->encode(line + "\n");
  const LanguageModelConfig& config = concepts ? concepts->config().model
                                      : chain  ? chain->config()
                                               : writing().config().model;
  const std::int64_t room = config.transformer.max_positions - kRoomForReasoning;
  if (static_cast<std::int64_t>(ids.size()) > room) {
    throw Error({"question", "at most " + std::to_string(room) + " tokens", std::to_string(ids.size()),
                 "ask a shorter question"});
  }
  return ids;
}

Bundle load_bundle(const std::filesystem::path& folder, std::optional<Precision> precision,
                   std::shared_ptr<const Accelerator> accelerator) {
  return load_bundle(folder, precision, std::move(accelerator), ModelKinds());
}

Bundle load_bundle(const std::filesystem::path& folder, std::optional<Precision> precision,
                   std::shared_ptr<const Accelerator> accelerator, const ModelKinds& kinds) {
  need_utf8(folder.string(), "the name of the bundle");  // it goes into results
  const BundleFolder stored(folder);
  Bundle bundle;
  bundle.where = folder.string();
  bundle.manifest = stored.manifest();
  bundle.accelerator = std::move(accelerator);
  bundle.precision = precision            ? *precision
                     : bundle.accelerator ? choose_precision(*bundle.accelerator)
                                          : choose_precision(folder);
  if (bundle.accelerator && bundle.precision == Precision::int8) {
    throw Error({"--precision int8", "the processor", bundle.accelerator->name(), "use bf16 or fp32 there"});
  }
  bundle.task = json_member<std::string>(bundle.manifest, "task", stored.where());
  bundle.tokenizer = stored.tokenizer();
  for (const std::string& name : stored.part_names()) {
    StoredPart part = stored.part(name);
    load_part(bundle, name, part.architecture, place_weights(std::move(part.tensors), part.file.string(), bundle),
              part.own, stored.where() + ": " + printable(name), kinds);
  }
  check_parts(bundle, stored.where());
  return bundle;
}

}  // namespace noema
