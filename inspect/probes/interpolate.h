#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "inspect/probes/probe.h"
#include "inspect/probes/sentences.h"

namespace noema {

struct InterpolateOptions {
  std::int64_t points = 9;  ///< embeddings on the way, both ends included; 2 to 10,000
  SentenceOptions sentences;
};

/// Embeddings [N,Z] at `shares` [N] of the way from a [Z] to b [Z] along the great circle between their directions
/// (Shoemake 1985, "Animating Rotation with Quaternion Curves"), with norms that change linearly. Throws Error when a
/// or b is zero or not finite, or when they point in opposite directions: then no circle is the shortest.
torch::Tensor slerp(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& shares);

/// The sentences between two sentences: embeddings on the way from one to the other, each decoded. Columns: share of
/// the way, sentence, token_probability, entropy, cosine to both ends, norm. Throws Error when the bundle has no
/// semantic autoencoder.
ProbeResult interpolate(const Bundle& bundle, const std::string& from, const std::string& to,
                        const InterpolateOptions& options = {});

/// The sentence of a − b + c, and of a, b and c themselves. Columns: what, sentence, token_probability, entropy,
/// cosine to a, b and c, and which of them is nearest by cosine. Throws Error as interpolate does.
ProbeResult arithmetic(const Bundle& bundle, const std::string& a, const std::string& b, const std::string& c,
                       const SentenceOptions& options = {});

}  // namespace noema
