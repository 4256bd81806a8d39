// The library that open_cuda() loads: all that knows of CUDA. The models compute with libtorch's own kernels.

#include <ATen/Context.h>
#include <ATen/cuda/CUDAGraph.h>
#include <ATen/cuda/MemPool.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <memory>
#include <optional>

#include "base/error.h"
#include "nn/device/accelerator.h"

namespace noema {
namespace {

/// A CUDA graph. All share one pool of memory: they are replayed one after the other, and what one gives is fetched
/// before the next.
class CudaRecording final : public Recording {
 public:
  /// Recorded on a stream of its own: the default one cannot be captured.
  CudaRecording(const std::function<void()>& work, c10::cuda::CUDAStream aside, c10::cuda::MempoolId_t pool) {
    c10::cuda::getCurrentCUDAStream().synchronize();
    const c10::cuda::CUDAStreamGuard guard(aside);
    work();  // what libraries set up at the first call is no part of the graph
    aside.synchronize();
    graph_.capture_begin(pool, cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {
      end_capture();
      throw;  // it names the operation that cannot be captured
    }
    graph_.capture_end();
    aside.synchronize();
  }

  void replay() override { graph_.replay(); }

 private:
  /// The stream must not stay in capture; a failed one cannot be ended without a second failure.
  void end_capture() noexcept {
    try {
      graph_.capture_end();
    } catch (const std::exception&) {
    }
  }

  at::cuda::CUDAGraph graph_;
};

class CudaAccelerator final : public Accelerator {
 public:
  CudaAccelerator() {
    at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
    // cuDNN's attention prepares a plan for every number of keys, which grows with every step.
    at::globalContext().setSDPUseCuDNN(false);
    pool_ = std::make_unique<at::cuda::MemPool>();
    aside_ = c10::cuda::getStreamFromPool();
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, 0));
    name_ = properties.name;
    has_bf16_ = properties.major >= 8;
  }

  torch::Device device() const override { return {torch::kCUDA, 0}; }
  std::string name() const override { return name_; }
  torch::Dtype best_dtype() const override { return has_bf16_ ? torch::kBFloat16 : torch::kFloat32; }

  std::unique_ptr<Recording> record(const std::function<void()>& work) const override {
    return std::make_unique<CudaRecording>(work, *aside_, pool_->id());
  }

  void wait() const override { check(cudaDeviceSynchronize()); }

  static void check(cudaError_t result) {
    if (result == cudaSuccess) return;
    throw Error(
        {"--device cuda", "an NVIDIA GPU and a driver for CUDA 13", cudaGetErrorString(result), "use --device cpu"});
  }

 private:
  std::unique_ptr<at::cuda::MemPool> pool_;  // lives longer than the recordings: see Accelerator::record
  std::optional<c10::cuda::CUDAStream> aside_;
  std::string name_;
  bool has_bf16_ = false;
};

}  // namespace

/// What the library is loaded for. Throws Error when there is no GPU.
extern "C" Accelerator* noema_open_cuda() {
  int devices = 0;
  CudaAccelerator::check(cudaGetDeviceCount(&devices));
  if (devices == 0) CudaAccelerator::check(cudaErrorNoDevice);
  return new CudaAccelerator;
}

}  // namespace noema
