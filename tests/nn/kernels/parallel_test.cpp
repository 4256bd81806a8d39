#include "nn/kernels/parallel.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace noema {
namespace {

/// Two threads of the library while it lives.
struct TwoThreads {
  TwoThreads() { at::set_num_threads(2); }
  ~TwoThreads() { at::set_num_threads(before); }
  int before = at::get_num_threads();
};

TEST(ParallelFor, VisitsEveryNumberOnce) {
  const TwoThreads two;
  for (const std::int64_t grain : {1, 3, 50}) {
    std::vector<std::atomic<int>> visits(101);
    parallel_for(3, 101, grain, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) ++visits[static_cast<std::size_t>(i)];
    });
    for (std::size_t i = 0; i < visits.size(); ++i) EXPECT_EQ(visits[i], i < 3 ? 0 : 1);
  }
  parallel_for(5, 5, 1, [](std::int64_t, std::int64_t) { ADD_FAILURE() << "there is nothing to do"; });
}

TEST(ParallelFor, RunsSideBySide) {
  const TwoThreads two;
  std::atomic<int> there = 0;
  std::set<std::thread::id> threads;
  std::mutex mutex;
  parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
    ++there;
    while (there < 2) std::this_thread::yield();  // each waits for the other
    EXPECT_TRUE(at::in_parallel_region()) << "what the library computes here stays on this thread";
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(threads.size(), 2u);
}

TEST(ParallelFor, AnExceptionGoesOnToTheCaller) {
  const TwoThreads two;
  const auto fail = [](std::int64_t first, std::int64_t) {
    if (first > 0) throw std::runtime_error("no");
  };
  EXPECT_THROW(parallel_for(0, 2, 1, fail), std::runtime_error);
}

}  // namespace
}  // namespace noema
