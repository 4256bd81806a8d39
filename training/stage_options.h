#pragma once

#include <cstdint>

#include "base/fields.h"

namespace noema {

/// How long and how fast one stage is trained.
struct StageOptions {
  enum class Rule { adamw, muon };

  std::int64_t steps = 1000;
  std::int64_t batch = 64;
  std::int64_t micro_batches = 2;
  double learning_rate = 1e-3;
  double final_rate = 0.05;
  std::int64_t warmup = 200;
  double weight_decay = 0.05;
  double beta2 = 0.98;
  Rule optimizer = Rule::adamw;
  double clip = 1.0;
  std::int64_t validate_every = 500;

  void fields(Fields& fields);
};

}  // namespace noema
