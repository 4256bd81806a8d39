#pragma once

#include "nn/device/accelerator.h"

namespace noema {

/// The processor as an accelerator: does recorded work again where a GPU would replay it. Shows that what is recorded
/// starts from its own memory alone, and counts.
class ReplayingAccelerator final : public Accelerator {
 public:
  torch::Device device() const override { return torch::kCPU; }
  std::string name() const override { return "the processor, again"; }
  void wait() const override {}
  torch::Dtype best_dtype() const override { return torch::kFloat32; }

  std::unique_ptr<Recording> record(const std::function<void()>& work) const override {
    ++recorded;
    work();
    work();
    return std::make_unique<Again>(work, replayed);
  }

  mutable int recorded = 0, replayed = 0;

 private:
  class Again final : public Recording {
   public:
    Again(std::function<void()> work, int& count) : work_(std::move(work)), count_(count) {}
    void replay() override {
      ++count_;
      work_();
    }

   private:
    std::function<void()> work_;
    int& count_;
  };
};

}  // namespace noema
