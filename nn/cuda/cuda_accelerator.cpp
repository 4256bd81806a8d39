// The library that open_cuda() loads: all that knows of CUDA. The models compute with libtorch's own kernels.

#include <ATen/Context.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "base/error.h"
#include "nn/accelerator.h"

namespace noema {
namespace {

/// A CUDA graph. All share one pool of memory: they are replayed one after the other, and what one gives is fetched
/// before the next.
class CudaRecording final : public Recording {
 public:
  CudaRecording(const std::function<void()>& work, c10::cuda::MempoolId_t pool) {
    const c10::cuda::CUDAStream before = c10::cuda::getCurrentCUDAStream();
    const c10::cuda::CUDAStream aside = c10::cuda::getStreamFromPool();  // the default stream cannot be captured
    before.synchronize();
    {
      const c10::cuda::CUDAStreamGuard guard(aside);
      work();  // what libraries set up at the first call is no part of the graph
      aside.synchronize();
      graph_.capture_begin(pool);
      try {
        work();
      } catch (...) {
        graph_.capture_end();  // the stream must not stay in capture
        throw;
      }
      graph_.capture_end();
    }
    aside.synchronize();
  }

  void replay() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

class CudaAccelerator final : public Accelerator {
 public:
  CudaAccelerator() : pool_(at::cuda::graph_pool_handle()) {
    at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, 0));
    name_ = properties.name;
    has_bf16_ = properties.major >= 8;
  }

  torch::Device device() const override { return {torch::kCUDA, 0}; }
  std::string name() const override { return name_; }
  torch::Dtype best_dtype() const override { return has_bf16_ ? torch::kBFloat16 : torch::kFloat32; }

  std::int64_t free_memory() const override {
    std::size_t free = 0, all = 0;
    check(cudaMemGetInfo(&free, &all));
    return static_cast<std::int64_t>(free);
  }

  std::unique_ptr<Recording> record(const std::function<void()>& work) const override {
    return std::make_unique<CudaRecording>(work, pool_);
  }

  static void check(cudaError_t result) {
    if (result == cudaSuccess) return;
    throw Error(
        {"--device cuda", "an NVIDIA GPU and a driver for CUDA 13", cudaGetErrorString(result), "use --device cpu"});
  }

 private:
  c10::cuda::MempoolId_t pool_;
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
