#include "nn/device/step_recorder.h"

#include <torch/torch.h>

#include <algorithm>
#include <bit>

namespace noema {
namespace {

constexpr std::int64_t kSlots = 32;  // streams of up to so many slots more share a recording

std::vector<torch::Tensor> on_cpu(const std::vector<torch::Tensor>& read, std::int64_t rows) {
  std::vector<torch::Tensor> all;
  for (const torch::Tensor& one : read) {
    all.push_back(one.narrow(1, 0, rows).to(torch::kCPU, torch::kFloat32, false, true));
  }
  return all;
}

}  // namespace

/// Steps from a state in memory of their own to another.
struct StepRecorder::Recorded {
  std::int64_t rows, slots;
  HiddenStream begin, end;
  std::vector<torch::Tensor> read;  // [kSteps,rows,…]
  std::unique_ptr<Recording> recording;
  std::int64_t bytes = 0;
};

StepRecorder::StepRecorder(std::shared_ptr<const Accelerator> accelerator, const LanguageModel& model, StreamStep step)
    : accelerator_(std::move(accelerator)), model_(model), step_(std::move(step)) {}

StepRecorder::~StepRecorder() = default;

std::vector<torch::Tensor> StepRecorder::take(HiddenStream& stream) {
  const bool is_near_end = stream.longest() + kSteps > model_.config().transformer.max_positions;
  if (is_near_end || stream.rows() > kRows) {
    std::vector<torch::Tensor> read = step_(stream);
    for (torch::Tensor& one : read) one = one.unsqueeze(0);
    return on_cpu(read, stream.rows());
  }
  Recorded& recorded =
      find_or_record(static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(stream.rows()))),
                     (stream.used() + kSlots - 1) / kSlots * kSlots);
  recorded.begin.assign(stream);
  recorded.recording->replay();
  stream.follow(recorded.end, kSteps);
  return on_cpu(recorded.read, stream.rows());
}

StepRecorder::Recorded& StepRecorder::find_or_record(std::int64_t rows, std::int64_t slots) {
  const auto found = std::find_if(recorded_.begin(), recorded_.end(), [&](const auto& recorded) {
    return recorded->rows == rows && recorded->slots == slots;
  });
  if (found != recorded_.end()) {
    recorded_.splice(recorded_.begin(), recorded_, found);
  } else {
    const std::int64_t bytes = rows * model_.cache_bytes(slots + kSteps);
    make_room(bytes);
    recorded_.push_front(record(rows, slots));
    bytes_ += recorded_.front()->bytes = bytes;
  }
  return *recorded_.front();
}

void StepRecorder::make_room(std::int64_t bytes) {
  while (!recorded_.empty() && bytes_ + bytes > kBytes) {
    bytes_ -= recorded_.back()->bytes;
    recorded_.pop_back();
  }
}

/// The rows begin with one token each, behind padding: so the recording looks at what is padding, which differs from
/// replay to replay.
std::unique_ptr<StepRecorder::Recorded> StepRecorder::record(std::int64_t rows, std::int64_t slots) const {
  KvCache cache = model_.make_cache(rows, slots + kSteps);
  cache.extend(std::vector<std::int64_t>(static_cast<std::size_t>(rows), 1), slots, Padding::left);
  const HiddenStream begin(model_, std::move(cache), torch::zeros({rows, model_.width()}, model_.options()));
  auto recorded = std::make_unique<Recorded>(Recorded{rows, slots, begin, begin, {}, nullptr, 0});
  recorded->recording = accelerator_->record([this, steps = recorded.get()] {
    steps->end = steps->begin;
    std::vector<std::vector<torch::Tensor>> read;  // by what is read, by step
    for (std::int64_t i = 0; i < kSteps; ++i) {
      const std::vector<torch::Tensor> here = step_(steps->end);
      read.resize(here.size());
      for (std::size_t what = 0; what < here.size(); ++what) read[what].push_back(here[what]);
    }
    steps->read.clear();
    for (const auto& one : read) steps->read.push_back(torch::stack(one));
  });
  return recorded;
}

}  // namespace noema
