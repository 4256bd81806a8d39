#pragma once

#include <cstddef>
#include <vector>

#include "decoding/observer.h"
#include "nn/model/transformer_config.h"

namespace noema {

/// Counts floating-point operations by question, from the operations that really run: 2 for each weight of a matrix
/// product and position, 4 for each column of attention and pair of query and visible key. Padding is not counted.
class FlopCounter : public Observer {
 public:
  explicit FlopCounter(std::size_t questions) : all_(questions, 0.0), prefill_(questions, 0.0) {}

  void on_phase(Phase phase) override { phase_ = phase; }
  void on_rows(std::span<const std::size_t> questions) override { rows_.assign(questions.begin(), questions.end()); }
  void on_linear(const Positions& at, std::int64_t inner, std::int64_t columns) override;
  void on_attention(const Positions& at, std::int64_t width) override;

  double flops(std::size_t question) const { return all_.at(question); }
  double prefill_flops(std::size_t question) const { return prefill_.at(question); }

 private:
  void add(const std::vector<std::int64_t>& counts, double each);

  Phase phase_ = Phase::prefill;
  std::vector<std::size_t> rows_;
  std::vector<double> all_, prefill_;
};

/// The closed formula for `tokens` positions that are read after `before` others, without the LM head.
double transformer_flops(const TransformerConfig& config, std::int64_t tokens, std::int64_t before);

}  // namespace noema
