#include "training/stage_options.h"

namespace noema {

void StageOptions::fields(Fields& fields) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  fields.add("steps", steps, {0, kMost},
             "optimizer steps; 0 leaves the stage out, or its part as the run starts with it");
  fields.add("batch", batch, {1, 65536}, "examples a step");
  fields.add("micro_batches", micro_batches, {1, 1024}, "that a batch is cut into, each computed on one thread");
  fields.add("learning_rate", learning_rate, {0.0, 1.0}, "after the warm-up; then it follows half a cosine");
  fields.add("final_rate", final_rate, {0.0, 1.0}, "share of the learning rate at the end");
  fields.add("warmup", warmup, {0, kMost}, "steps in which the learning rate rises");
  fields.add("weight_decay", weight_decay, {0.0, 10.0}, "of matrices");
  fields.add("beta2", beta2, {0.0, 0.9999}, "of AdamW");
  fields.add("optimizer", optimizer, {{"adamw", Rule::adamw}, {"muon", Rule::muon}},
             "for matrices inside the network; all else is updated by AdamW");
  fields.add("clip", clip, {1e-6, 1e6}, "largest norm of the gradient");
  fields.add("validate_every", validate_every, {1, kMost}, "steps");
}

}  // namespace noema
