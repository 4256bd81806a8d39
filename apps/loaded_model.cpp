#include "apps/loaded_model.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <spdlog/spdlog.h>

#include "base/error.h"
#include "concept_lm/find_model.h"

namespace noema {
namespace {

/// Null for the processor.
std::shared_ptr<const Accelerator> choose_device(const ModelChoice& choice) {
  const bool only_here = choice.device == "auto" && choice.precision == "int8";
  if (choice.device == "cpu" || only_here) return nullptr;
  try {
    return open_cuda();
  } catch (const Error& error) {
    if (choice.device == "cuda") throw;
    spdlog::info("computing on the processor: {}", error.what());
    return nullptr;
  }
}

}  // namespace

LoadedModel load_model(const ModelChoice& choice) {
  std::optional<Precision> precision;
  for (const Precision one : {Precision::fp32, Precision::bf16, Precision::int8}) {
    if (choice.precision == to_string(one)) precision = one;
  }
  LoadedModel model{load_bundle(find_model(choice.name), precision, choose_device(choice)), nullptr};
#if defined(__GLIBC__)
  malloc_trim(0);  // the weights as they were before they were laid out
#endif
  if (model.bundle.accelerator) {
    spdlog::info("computing on {} in {}", model.bundle.accelerator->name(), to_string(model.bundle.precision));
  } else if (!precision && model.bundle.precision != Precision::fp32) {
    spdlog::info("computing in {}, faster than fp32 here; see --precision", to_string(model.bundle.precision));
  }
  model.task = make_task(model.bundle.task);
  return model;
}

}  // namespace noema
