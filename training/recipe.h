#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nn/model/language_model.h"
#include "nn/model/lora.h"

namespace noema {

/// How long and how fast one stage is trained.
struct StageOptions {
  std::int64_t steps = 1000;          ///< optimiser steps; 0 leaves the stage out, or its part as it was at the start
  std::int64_t batch = 64;            ///< questions a step
  std::int64_t micro_batches = 2;     ///< that a batch is cut into, computed side by side (see add_gradients)
  double learning_rate = 1e-3;        ///< after warm-up; follows a cosine down to `final_rate` of it
  double final_rate = 0.05;           ///< share of the learning rate at the end
  std::int64_t warmup = 200;          ///< steps
  double weight_decay = 0.05;         ///< on matrices
  double beta2 = 0.98;                ///< of AdamW
  std::string optimizer = "adamw";    ///< for matrices inside the network: adamw or muon
  double clip = 1.0;                  ///< largest norm of the gradient
  std::int64_t validate_every = 500;  ///< steps
};

struct ChainStage : StageOptions {
  double question_weight = 0.0;  ///< of the loss on the question's own tokens, beside that on the steps
  double hint_weight = 0.0;      ///< of the task's hints (see Task::hints)
};

struct AutoencoderStage : StageOptions {
  double prefix_dropout = 0.0;  ///< on the decoder's prefix; the paper has 0.2 in the contextual stage
  double kl_weight = 0.0;       ///< of a Gaussian bottleneck
  double readout_weight = 0.0;  ///< of reading a sentence's last tokens straight from its embedding (see Readout)

  // Contextual alone.
  double contrast_weight = 0.0;  ///< contextual C: InfoNCE against the frozen semantic embedding; the paper has 0.5
  double temperature = 0.1;      ///< of InfoNCE
  double chain_weight = 0.0;  ///< the chain's loss on the steps from the same pass; above 0, the backbone that comes of
                              ///< it is the bundle's chain, too
  double hint_weight = 0.0;   ///< of the task's hints, on the same pass
};

struct ConceptStage : StageOptions {
  std::string reads = "contextual";   ///< autoencoder whose embeddings are the input
  std::string writes = "contextual";  ///< autoencoder whose embeddings are predicted
  std::string head = "decoding";      ///< decoding or regression
  std::string start = "contextual";   ///< part whose backbone the model starts from: "chain" or an autoencoder
  std::int64_t layers = 0;            ///< of the model: more than those of what it starts from are new, fewer are the
                                      ///< first of them. 0: as many as the recipe's model
  double contrast_weight = 1.0;       ///< λ
  double temperature = 0.1;           ///< τ
  double dropout = 0.0;         ///< on both projections (a regression head has none to write by); the paper has 0.2
  double readout_weight = 0.0;  ///< of the same on predicted embeddings; needs one on those it writes
  double early_exit = 0.0;      ///< share of batches whose loss is taken before the last layer (LayerSkip, arXiv
                                ///< 2404.16710): the layer before it then decodes, too
  double hint_weight = 0.0;     ///< of the task's hints, on the question that the same pass reads
  std::int64_t hint_layer = 1;  ///< after which the hints are thought of, from 1: later layers can look them up
  double own_inputs = 0.0;      ///< share of batches that read the model's own predictions, as continuous mode does
  double twins = 0.0;  ///< share of the examples that are joined with their twin: at some step its embedding is
                       ///< read, and what follows from that step is to be predicted, whatever the question says
};

/// Everything that makes a trained model out of nothing. Read from TOML.
struct Recipe {
  std::string name;
  std::string task;        ///< see `noema data --help` for the names
  std::uint64_t seed = 1;  ///< of weights, data order and dropout
  std::string out;         ///< folder of the bundle

  std::string train_file;  ///< examples to train on; empty: the task's generator
  std::string valid_file;  ///< examples to select on, never trained on; empty: the generator, with another seed
  std::map<std::string, double> family_weights;  ///< how much likelier than 1 the generator's families are trained on
  std::int64_t siblings = 0;  ///< further questions about each text, read once for all; the task's generator has them
  bool answers_only = false;  ///< leaves all of the reasoning out but the answer: a model that answers at once
  std::vector<std::string> exclude;  ///< files whose questions are never trained on
  std::int64_t valid_count = 500;    ///< questions that checkpoints are selected on
  std::int64_t max_tokens = 256;     ///< longer examples are left out

  std::int64_t vocab_size = 1024;           ///< of the tokenizer
  std::int64_t tokenizer_examples = 20000;  ///< that it is trained on

  TransformerConfig model;  ///< of what is trained from nothing
  std::string backbone;  ///< folder of a bundle whose chain the stages start from; architecture and tokenizer are then
                         ///< that chain's, not the recipe's. Empty: from nothing
  std::optional<LoraOptions> lora;      ///< the backbone stays as it is, and is adapted; nothing: all of it is trained
  std::string bottleneck = "identity";  ///< identity or gaussian
  std::int64_t latent_width = 0;        ///< of a Gaussian bottleneck; 0: the model's width

  ChainStage chain;
  AutoencoderStage semantic;
  AutoencoderStage contextual;
  ConceptStage concept_model;
  StageOptions stop;

  std::string text;                             ///< the file itself, for the bundle's provenance
  std::vector<std::string> changes;             ///< that it was read with, for the same
  std::map<std::string, std::string> settings;  ///< by stage, all that decides how it comes out after the stages before
                                                ///< it: lines such as "chain.steps = 7", with the changes
};

/// The stages in their order: chain, semantic, contextual, concept, stop.
std::vector<std::string> stage_names();

/// The options of a stage by name.
const StageOptions& stage_options(const Recipe& recipe, const std::string& stage);

/// Throws Error, naming `where`, when a model with such a mask cannot learn as the recipe says: siblings share what
/// they begin with, and question_weight predicts the question's tokens; a prefix mask lets each see all of them.
void check_mask(const Recipe& recipe, TransformerConfig::Mask mask, const std::string& where);

/// Reads a recipe. Throws Error with file and line for malformed TOML, wrong types, senseless numbers, and keys that
/// there are not (with the nearest that there is). Each of the `changes`, such as "seed=2" or "concept.reads=semantic",
/// takes the place of what the file says there; a value that is no TOML is a text.
Recipe read_recipe(const std::filesystem::path& path, const std::vector<std::string>& changes = {});

/// The same from text; `where` names it in errors.
Recipe parse_recipe(std::string text, const std::string& where, const std::vector<std::string>& changes = {});

}  // namespace noema
