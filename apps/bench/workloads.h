#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apps/bench/shaped_questions.h"
#include "apps/loaded_model.h"

namespace noema {

/// Something that is timed again and again.
struct Workload {
  /// "prefill", "token", "latent step", "sentence", a mode's "question", "reference question"; a shape before the last
  std::string what;
  std::int64_t batch = 1;
  std::int64_t length = 0;                ///< tokens that stand before; 0: the questions' own
  std::string unit;                       ///< what is counted: "token", "step", "sentence", "question"
  double units = 1.0;                     ///< so many a run
  double bytes = 0.0;                     ///< of weights that a run reads, each time that it reads them
  double gflops = 0.0;                    ///< of a run
  std::function<void()> prepare = [] {};  ///< before each run, not timed
  std::function<void()> run = [] {};
};

/// All workloads that the model has parts for, at each batch size and length. Questions are of the model's task;
/// without a generator there are none. The model must outlive them.
std::vector<Workload> make_workloads(const LoadedModel& model, const std::vector<std::int64_t>& batches,
                                     const std::vector<std::int64_t>& lengths);

/// Questions of these shapes in place of them, on the model's chain. Throws Error when it has none, or is too short.
std::vector<Workload> make_shaped_workloads(const LoadedModel& model, const std::vector<std::int64_t>& batches,
                                            const std::vector<QuestionShape>& shapes);

}  // namespace noema
