#include "training/data/steps.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace noema {
namespace {

constexpr std::size_t kStepsAhead = 8;

}  // namespace

struct StepQueue::State {
  State(const StepSource& source, std::int64_t first_step)
      : worker([this, &source, first_step] { work(source, first_step); }) {}

  void work(const StepSource& source, std::int64_t first_step) {
    try {
      const std::int64_t length = source.window_size();
      for (std::int64_t index = first_step / length;; ++index) {
        std::vector<MicroBatches> steps = source.window(index);
        const std::int64_t skip = index == first_step / length ? first_step % length : 0;
        for (std::size_t i = static_cast<std::size_t>(skip); i < steps.size(); ++i) {
          if (!put(std::move(steps[i]))) return;
        }
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      changed.notify_all();
    }
  }

  bool put(MicroBatches batch) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return stopping || ready.size() < kStepsAhead; });
    if (stopping) return false;
    ready.push_back(std::move(batch));
    changed.notify_all();
    return true;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<MicroBatches> ready;
  std::exception_ptr failure;
  bool stopping = false;
  std::thread worker;  // last: starts when everything else is there
};

StepQueue::StepQueue(const StepSource& source, std::int64_t first_step)
    : state_(std::make_unique<State>(source, first_step)) {}

StepQueue::~StepQueue() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
  }
  state_->worker.join();
}

MicroBatches StepQueue::next() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return !state_->ready.empty() || state_->failure; });
  if (state_->ready.empty()) std::rethrow_exception(state_->failure);
  MicroBatches batch = std::move(state_->ready.front());
  state_->ready.pop_front();
  state_->changed.notify_all();
  return batch;
}

MicroBatches first_steps(const StepSource& source, std::int64_t steps) {
  MicroBatches all;
  for (std::int64_t window = 0; window * source.window_size() < steps; ++window) {
    const std::vector<MicroBatches> made = source.window(window);
    const std::int64_t left = std::min(std::ssize(made), steps - window * source.window_size());
    for (std::int64_t i = 0; i < left; ++i) {
      const MicroBatches& step = made[static_cast<std::size_t>(i)];
      all.insert(all.end(), step.begin(), step.end());
    }
  }
  return all;
}

}  // namespace noema
