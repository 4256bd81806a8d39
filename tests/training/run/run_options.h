#pragma once

#include <atomic>
#include <filesystem>

#include "training/run/pipeline.h"

namespace noema {

/// For a short run in `folder`: in fp32, every step reported.
inline PipelineOptions run_options(const std::filesystem::path& folder,
                                   const std::atomic<bool>* interrupted = nullptr) {
  PipelineOptions options;
  options.run = folder / "run";
  options.out = folder / "bundle";
  options.trainer.bf16 = Autocast::off;
  options.trainer.report_every = 1;
  options.trainer.interrupted = interrupted;
  return options;
}

}  // namespace noema
