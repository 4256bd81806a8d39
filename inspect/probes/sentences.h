#pragma once

#include <torch/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "concept_lm/bundle.h"
#include "tasks/task.h"

namespace noema {

/// How sentences are embedded and decoded by the probes.
struct SentenceOptions {
  std::int64_t batch = 64;  ///< sentences decoded, or texts encoded, together; memory grows with it, results do not
  int max_tokens = 64;      ///< tokens before a decoded sentence is cut off
};

/// Throws Error, naming `where`, unless both numbers are at least 1 and small enough for memory.
void check(const SentenceOptions& options, const std::string& where);

/// A text on one line, and its tokens with the newline that ends it.
std::string one_line(std::string_view text);
TokenIds line_tokens(const Tokenizer& tokenizer, std::string_view text);

/// The autoencoder that embeds a sentence by itself. Throws Error when the bundle has none.
const Autoencoder& semantic_autoencoder(const Bundle& bundle);

/// Semantic embeddings [N,Z] of sentences. Throws Error for an empty text, one that is not UTF-8, or one that is too
/// long for the encoder.
torch::Tensor embed_sentences(const Bundle& bundle, const std::vector<std::string>& texts,
                              const SentenceOptions& options);

/// A sentence that an embedding was decoded to.
struct DecodedSentence {
  std::string text;
  double token_probability = 0.0;  ///< mean over the tokens
  double entropy = 0.0;            ///< mean over the tokens, in nats
};

/// The sentences of z [N,Z], each token the most probable one. Throws Error for embeddings that are not of the
/// autoencoder's width, or not finite.
std::vector<DecodedSentence> decode_sentences(const Autoencoder& autoencoder, const Tokenizer& tokenizer,
                                              const torch::Tensor& z, const SentenceOptions& options);

/// Throws Error, naming `where`, unless z is [N,width] and finite.
void check_embeddings(const torch::Tensor& z, std::int64_t width, const std::string& where);

/// Concepts [width] of steps as one tensor [N,width]. Throws Error, naming `where`, for others.
torch::Tensor stack_concepts(const std::vector<torch::Tensor>& concepts, std::int64_t width, const std::string& where);

/// Examples as the encoders read them. Sentence n is steps[n], and stands at places[n].
struct ExampleBatch {
  struct Place {
    std::size_t example = 0, step = 0;
  };
  std::vector<Place> places;       ///< [N]
  std::vector<std::string> steps;  ///< [N] texts of the sentences
  ReasoningBatch tokens;
};

/// Calls `use` with batches of `size` examples, in their order. Examples without steps, or of more than `max_tokens`
/// tokens in all, are left out; gives how many.
std::size_t for_each_batch(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                           std::int64_t size, std::int64_t max_tokens,
                           const std::function<void(const ExampleBatch&)>& use);

/// The longest text that an autoencoder can read, in tokens.
std::int64_t max_text(const Autoencoder& autoencoder);

}  // namespace noema
