#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "inspect/probes/probe.h"
#include "inspect/probes/sentences.h"

namespace noema {

struct NeighbourOptions {
  std::int64_t batch = 32;               ///< examples embedded together
  std::int64_t max_sentences = 200'000;  ///< of an index; more are an Error: all embeddings are kept in memory
  std::int64_t reference = 10'000;       ///< sentences, spread over the index, that say what distance is usual
};

/// A sentence of the index near an embedding.
struct Neighbour {
  std::string text;
  double cosine = 0.0;
  ExampleBatch::Place place;
};

/// What the index says of one embedding.
struct Neighbourhood {
  std::vector<Neighbour> nearest;  ///< by cosine, nearest first; no text twice
  double outlyingness = 0.0;       ///< 1 − cosine to the nearest
  double quantile = 0.0;           ///< share of the index's own sentences that lie nearer to their nearest other one
};

/// The sentences of a data file, each at the embedding that the concept model is to predict for it. An embedding far
/// from all of them is out of distribution (nearest-neighbour distance: Sun et al. 2022, "Out-of-Distribution Detection
/// with Deep Nearest Neighbors"). Const after building; may be shared by threads.
class NeighbourIndex {
 public:
  /// Embeds every step of the examples with the encoder of the autoencoder that `bundle.writes` names; a contextual one
  /// embeds it from the question and the steps before it. Throws Error when the bundle lacks that autoencoder, and for
  /// fewer than two or more than `max_sentences` sentences.
  static NeighbourIndex build(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                              const NeighbourOptions& options = {});

  /// The k nearest sentences of each z [N,Z]; fewer when the index has fewer texts.
  std::vector<Neighbourhood> query(const torch::Tensor& z, std::int64_t k = 1) const;

  std::int64_t size() const { return z_.size(0); }     ///< sentences
  std::int64_t width() const { return z_.size(1); }    ///< Z
  std::size_t texts() const { return texts_.size(); }  ///< different ones
  std::size_t left_out() const { return left_out_; }   ///< examples without steps, or too long for the encoder

 private:
  struct Entry {
    std::size_t text;  // in texts_
    ExampleBatch::Place place;
  };

  NeighbourIndex() = default;
  torch::Tensor cosines(const torch::Tensor& z) const;
  void measure(std::int64_t reference);
  std::vector<std::size_t> nearest(const float* cosines, std::size_t count) const;
  double quantile(double outlyingness) const;

  torch::Tensor z_;        // [N,Z]
  torch::Tensor lengths_;  // [N]
  std::vector<Entry> entries_;
  std::vector<std::string> texts_;
  std::vector<double> usual_;  // 1 − cosine of reference sentences to their nearest other one, ascending
  std::size_t left_out_ = 0;
};

struct NeighbourProbeOptions {
  std::int64_t max_rows = 0;  ///< steps shown; 0: all. The conclusion is drawn from all steps
};

/// Holds the concepts of trajectories against an index. Columns: question, step, sentence and nearest sentence, whether
/// they are the same, cosine, ood_quantile; "sentence" and "same" are null where nobody decoded the step. Concludes how
/// well the largest outlyingness of a trajectory foretells a wrong answer. The index should be of other questions than
/// the trajectories. Throws Error when no step has a concept.
ProbeResult neighbours(const std::vector<RecordedTrajectory>& trajectories, const NeighbourIndex& index,
                       const NeighbourProbeOptions& options = {});

}  // namespace noema
