#pragma once

#include <torch/types.h>

#include <vector>

#include "nn/language_model.h"

namespace noema {

/// Makes a model's activations easier to quantize: where some columns of what a product reads are far larger than the
/// others, one scale a row leaves little for those others. Such columns are divided by a factor in what writes them (a
/// norm's weight, rows of the product before), and the product's own columns are multiplied by it (SmoothQuant, arXiv
/// 2211.10438, with α = 1/2). The model computes the same function; only rounding differs. Left alone is what a
/// nonlinear function stands before: the second product of a GELU layer, and the scores of the tokens.
/// `text` [T] int64: token ids that the sizes of the columns are measured on.
void equalize(const LanguageModelConfig& config, TensorMap& tensors, const torch::Tensor& text);

}  // namespace noema
