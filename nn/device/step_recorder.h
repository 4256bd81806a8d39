#pragma once

#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "nn/device/accelerator.h"
#include "nn/model/hidden_stream.h"

namespace noema {

/// One step of a stream, wholly on its device: what is read off the states, [B,…] each, after which one piece a row is
/// appended. It does the same whatever the rows hold.
using StreamStep = std::function<std::vector<torch::Tensor>(HiddenStream& stream)>;

/// Takes steps of streams several at a time, as one recorded piece of work: the processor neither launches each
/// operation nor waits for one step before the next. Recordings are made for numbers of rows and slots as they come,
/// rounded up, and kept as far as kBytes allow. For one thread at a time.
class StepRecorder {
 public:
  static constexpr std::int64_t kSteps = 8;          ///< at a time
  static constexpr std::int64_t kRows = 256;         ///< of more, each is enough work for the device: one at a time
  static constexpr std::int64_t kBytes = 2LL << 30;  ///< of the recordings' caches

  /// The model that the streams are of must outlive it.
  StepRecorder(std::shared_ptr<const Accelerator> accelerator, const LanguageModel& model, StreamStep step);
  ~StepRecorder();

  /// What the next steps give, [T,B,…] each and on the CPU; the stream goes on behind them. T is kSteps, or 1 where the
  /// model's longest row is near, and for more than kRows rows.
  std::vector<torch::Tensor> take(HiddenStream& stream);

 private:
  struct Recorded;

  Recorded& find_or_record(std::int64_t rows, std::int64_t slots);
  void make_room(std::int64_t bytes);
  std::unique_ptr<Recorded> record(std::int64_t rows, std::int64_t slots) const;

  std::shared_ptr<const Accelerator> accelerator_;
  const LanguageModel& model_;
  StreamStep step_;
  std::list<std::unique_ptr<Recorded>> recorded_;  // the last used first
  std::int64_t bytes_ = 0;                         // of their caches
};

}  // namespace noema
