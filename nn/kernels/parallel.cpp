#include "nn/kernels/parallel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

// What GCC makes of "#pragma omp parallel", in the runtime that libtorch is linked with.
extern "C" void GOMP_parallel(void (*region)(void*), void* data, unsigned threads, unsigned flags);

namespace noema {
namespace {

constexpr std::int64_t kStretches = 2;  // a thread: who is late, or slower, takes fewer

struct Loop {
  std::int64_t begin, end, stretch;
  c10::function_ref<void(std::int64_t, std::int64_t)> work;
  std::atomic<std::int64_t> next = begin;
  std::mutex mutex = {};
  std::exception_ptr failure = nullptr;

  /// What each thread does: there may be fewer of them than were asked for.
  void run() {
    try {
      for (std::int64_t first = next.fetch_add(stretch); first < end; first = next.fetch_add(stretch)) {
        work(first, std::min(first + stretch, end));
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  }
};

}  // namespace

void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  c10::function_ref<void(std::int64_t, std::int64_t)> work) {
  const std::int64_t count = end - begin;
  const std::int64_t most = at::in_parallel_region() ? 1 : at::get_num_threads();
  const std::int64_t threads = std::min(most, count / std::max<std::int64_t>(grain, 1));
  if (count <= 0) return;
  if (threads <= 1) return work(begin, end);
  const std::int64_t stretch = std::max(grain, (count + threads * kStretches - 1) / (threads * kStretches));
  Loop loop{begin, end, stretch, work};
  GOMP_parallel([](void* data) { static_cast<Loop*>(data)->run(); }, &loop, static_cast<unsigned>(threads), 0);
  if (loop.failure) std::rethrow_exception(loop.failure);
}

}  // namespace noema
